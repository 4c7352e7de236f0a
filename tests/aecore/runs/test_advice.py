"""What is said of a code that carries little."""

from aecore.runs import complete
from aecore.runs.advice import unused


def test_advice_on_dimensions_that_carry_nothing() -> None:
    assert unused({"active_units": 3}, {"latent_dim": 3}) == ""
    assert unused({}, {"latent_dim": 3}) == ""
    some = unused({"active_units": 2}, {"latent_dim": 3})
    assert some == "2 of 3 dimensions active: the others carry nothing about the example."


def test_what_helps_a_collapse_is_what_the_variant_has() -> None:
    said = {
        name: unused({"active_units": 0}, complete({"variant": name, "data": "digits", "latent_dim": 3}))
        for name in ("beta-vae", "vae", "m2")
    }
    assert all(each.startswith("0 of 3 dimensions active") for each in said.values())
    for word in ("lower --beta", "--annealing linear", "--free-bits", "--likelihood"):
        assert word in said["beta-vae"]
    assert "--variant beta-vae" in said["vae"]
    for word in ("--beta", "--annealing", "--free-bits", "beta-vae"):
        assert word not in said["m2"]
    assert "more --epochs" in said["m2"]


def test_a_code_of_few_nats_has_collapsed_however_many_dimensions_move() -> None:
    said = unused({"active_units": 12, "rate": 0.304}, {"variant": "beta-vae", "latent_dim": 16, "beta": 1.0})
    assert said.startswith("A code carries 0.3 nats: the posterior has collapsed")
    assert (
        unused({"active_units": 16, "rate": 0.6}, {"latent_dim": 16}) == ""
    )  # two examples can be told apart
    assert unused({"active_units": 0, "rate": 0.01}, {"variant": "vae", "latent_dim": 2}).startswith(
        "0 of 2 dimensions active"
    )
