"""A network that grows without forgetting, and ends as an ordinary one."""

from __future__ import annotations

from typing import Any, cast

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aecore.stages.grown import Grown, resized
from aecore.step import Step
from aecore.training import EpochEnd, Fit
from tests.aecore.small import digits, epochs, fit, model, weights

DATA = digits(1200)
X = DATA.test.x


def growing(hidden: tuple[int, ...] = (32, 16, 8), **options: Any) -> Grown:
    return cast(Grown, model("grown", hidden=hidden, **options))


@given(st.lists(st.integers(1, 24), min_size=2, max_size=4), st.sampled_from(["relu", "tanh", "gelu"]))
@settings(max_examples=20, deadline=None)
@torch.no_grad()
def test_a_layer_that_begins_to_fade_in_changes_nothing(hidden: list[int], activation: str) -> None:
    made = growing(tuple(hidden), activation=activation)
    for depth in range(1, len(hidden)):
        made.grown, made.mixed = depth, 1.0
        z, x = made.encode(X), made.reconstruct(X)
        made.grown, made.mixed = depth + 1, 0.0
        torch.testing.assert_close(made.encode(X), z)
        torch.testing.assert_close(made.reconstruct(X), x)


@torch.no_grad()
def test_fully_grown_it_is_the_plain_autoencoder() -> None:
    made, plain = growing(), model("autoencoder", hidden=(32, 16, 8))
    plain.load_state_dict({name: value for name, value in weights(made).items() if name != "_extra_state"})
    assert torch.equal(made.encode(X), plain.encode(X))
    assert torch.equal(made.reconstruct(X), plain.reconstruct(X))


def test_resizing_takes_means_of_neighbours_or_repeats() -> None:
    h = torch.tensor([[1.0, 3.0, 5.0, 7.0]])
    assert resized(h, 2).tolist() == [[2.0, 6.0]]
    assert resized(h, 8).tolist() == [[1.0, 1.0, 3.0, 3.0, 5.0, 5.0, 7.0, 7.0]]
    assert resized(h, 4) is h


def test_each_stage_moves_what_has_grown_so_far() -> None:
    made = growing()
    before, moved = weights(made), dict[str, set[str]]()
    for event in Fit(made, digits(), epochs=9, batch_size=64, lr=3e-3, device="cpu"):
        if isinstance(event, EpochEnd):
            after = weights(made)
            changed = {n.rpartition(".")[0] for n in after if not torch.equal(before[n], after[n])}
            moved[event.stage] = moved.get(event.stage, set()) | (changed - {""})
            before = after
    shallow = {"encoder.blocks.0.0", "bottleneck.z", "decoder.blocks.0.0", "decoder.output"}
    assert moved["depth 1"] == shallow
    assert moved["depth 2"] == shallow | {"encoder.blocks.1.0", "decoder.blocks.2.0"}
    assert moved["depth 3"] == moved["depth 2"] | {"encoder.blocks.2.0", "decoder.blocks.1.0"}


def test_every_stage_learns() -> None:
    ends = epochs(fit(growing((32, 16)), DATA, epochs=20, lr=3e-3, keep="last"))
    for stage in ("depth 1", "depth 2"):
        ours = [end for end in ends if end.stage == stage]
        assert ours[-1].train["distortion"] < ours[0].train["distortion"]
    assert (
        ends[10].train["distortion"] < 0.6 * ends[0].train["distortion"]
    )  # the second began where the first ended


@pytest.mark.parametrize("progress", [0.1, 0.9])
def test_the_mixture_follows_the_progress(progress: float) -> None:
    made = growing(fade=0.5)
    made.losses_with(2, Step(X, X, progress=progress))
    assert made.mixed == min(1.0, 2 * progress)
    made.eval().losses_with(2, Step(X, X, progress=progress))
    assert made.mixed == 1.0  # who looks at it between two epochs sees the layer


def test_stopped_while_shallow_it_stays_shallow() -> None:
    made = growing()
    training = Fit(made, digits(), epochs=9, batch_size=64, device="cpu")
    for event in training:
        if isinstance(event, EpochEnd) and event.stage == "depth 2":
            training.stop()
    assert (made.grown, made.mixed) == (2, 1.0)
    again = growing()
    again.load_state_dict(weights(made))
    assert torch.equal(again.reconstruct(X), made.reconstruct(X))
    again.grown = 3
    assert not torch.equal(again.reconstruct(X), made.reconstruct(X))
