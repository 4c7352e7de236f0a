"""What is usual suits the data: a training left as it is sees each example often enough to learn."""

import pytest

from aecore.data import list_datasets, load_dataset, training_defaults
from aecore.runs import complete, schema

SMALL = ("digits", "breast-cancer", "waves", "words")


@pytest.mark.parametrize("data", SMALL)
def test_small_data_are_seen_until_there_have_been_a_thousand_steps(data: str) -> None:
    config = complete({"variant": "vae", "data": data})
    steps = len(load_dataset(data).train) // config["batch_size"] * config["epochs"]
    assert steps >= 1000  # of 20 epochs in batches of 128 digits has 200, and its VAE has collapsed then


@pytest.mark.parametrize("data", [info.name for info in list_datasets()])
def test_what_is_usual_lies_in_the_range_of_its_option(data: str) -> None:
    options = schema("vae", data)
    for name, value in training_defaults(data).items():
        assert options[name].default == value == options[name].read(value)


def test_what_somebody_says_goes_before_what_is_usual() -> None:
    assert complete({"variant": "vae", "data": "digits", "epochs": 3})["epochs"] == 3
    assert complete({"variant": "vae", "data": "mnist"})["epochs"] == 20
