"""The loop: seeds, modes, events, odd sizes of data, precision."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from aecore.data import Dataset, Split
from aecore.errors import UserError
from aecore.step import Losses, Step
from aecore.training import EpochEnd, Finished, Fit, Progress
from aecore.training import fit as fit_module
from tests.aecore.small import digits, epochs, equal, fit, head, model, weights


def trained(seed: int = 0, **options: Any) -> dict[str, Tensor]:
    made = model(options.pop("variant", "vae"))
    fit(made, seed=seed, **options)
    return weights(made)


@pytest.mark.parametrize("variant", ["denoising", "vae"])
def test_one_seed_gives_the_same_weights_and_another_seed_others(variant: str) -> None:
    assert equal(trained(variant=variant), trained(variant=variant))
    assert not equal(trained(variant=variant), trained(variant=variant, seed=1))


def test_random_numbers_drawn_elsewhere_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = trained(epochs=3)
    monkeypatch.setattr(fit_module, "TICK", 0.0)  # an event after every step
    torch.manual_seed(99)
    made = model("vae")
    torch.manual_seed(7)
    outside = torch.rand(3)
    torch.manual_seed(7)
    seen = set()
    listened = Fit(made, digits(), epochs=3, batch_size=64, device="cpu")
    for event in listened:
        seen.add(type(event))
        assert torch.equal(torch.rand(3), outside)  # nor does the training change theirs
        torch.manual_seed(7)
    assert seen == {Progress, EpochEnd, Finished}
    assert equal(weights(made), alone)


def test_two_trainings_at_once_do_not_disturb_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_module, "TICK", 0.0)
    alone = trained(epochs=2)
    first, second = model("vae"), model("vae")
    for _ in zip(
        Fit(first, digits(), epochs=2, batch_size=64, device="cpu"),
        Fit(second, digits(), epochs=2, batch_size=64, device="cpu", seed=5),
        strict=True,
    ):
        pass
    assert equal(weights(first), alone)


def test_who_looks_at_the_model_between_events_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(look: bool) -> dict[str, Tensor]:
        made = model("autoencoder", batch_norm=True, dropout=0.3)
        for event in Fit(made, digits(), epochs=2, batch_size=64, device="cpu"):
            if look:
                assert not made.training, event
                made.reconstruct(digits().test.x)
        return weights(made)

    alone = run(look=False)
    monkeypatch.setattr(fit_module, "TICK", 0.0)
    assert equal(run(look=True), alone)


def test_events_tell_the_whole_story(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_module, "TICK", 0.0)
    events = list(Fit(model("vae"), digits(250), epochs=2, batch_size=100, lr=1e-3, device="cpu"))
    ticks = [event for event in events if isinstance(event, Progress)]
    assert [(tick.epoch, tick.step) for tick in ticks] == [(1, 1), (1, 2), (1, 3), (2, 4), (2, 5), (2, 6)]
    assert {tick.steps for tick in ticks} == {6}
    assert ticks[-1].seconds_left == 0
    assert ticks[0].seconds_left > 0
    assert all(tick.examples_per_s > 0 for tick in ticks)
    ends = epochs(events)
    assert [end.epoch for end in ends] == [1, 2]
    assert ends[0].seconds < ends[1].seconds
    for end in ends:
        assert {"loss", "distortion", "rate", "negative_elbo"} <= end.train.keys() == end.validation.keys()
        assert end.train["loss"] == pytest.approx(end.train["distortion"] + end.train["rate"], rel=1e-5)
        assert end.lr == 1e-3
        assert end.line()["epoch"] == end.epoch
    assert ticks[2].terms == ends[0].train  # the means over the whole epoch
    last = events[-1]
    assert isinstance(last, Finished)
    assert (last.why, last.epochs, last.seconds) == ("done", 2, ends[-1].seconds)


def test_means_over_an_epoch_weigh_batches_by_their_size() -> None:
    made = model("autoencoder")
    data = digits(100)
    with torch.no_grad():
        now = made.losses(Step(data.train.x, data.train.x)).loss.item()
    event = epochs(fit(made, data, epochs=1, batch_size=64, lr=1e-8))[0]  # 64 and 36 examples
    assert event.train["loss"] == pytest.approx(now, rel=1e-4)


def test_validation_noise_is_the_same_at_every_epoch() -> None:
    ends = epochs(fit(model("vae"), epochs=3, lr=1e-8))
    assert ends[0].validation == pytest.approx(ends[2].validation, rel=1e-4)
    assert ends[0].train["rate"] != pytest.approx(ends[2].train["rate"], rel=1e-7)


def test_dropout_and_batch_norm_work_in_training_and_rest_in_validation() -> None:
    made = model("autoencoder", dropout=0.5, batch_norm=True)
    end = epochs(fit(made, epochs=30, lr=3e-3))[-1]
    assert not made.training
    assert end.validation["loss"] < end.train["loss"]  # no unit is missing
    means = [value for name, value in weights(made).items() if name.endswith("running_mean")]
    assert means
    assert all(bool((mean != 0).any()) for mean in means)


def test_dynamic_pixels_are_drawn_anew_at_each_step_of_training_only(monkeypatch: pytest.MonkeyPatch) -> None:
    data = digits(binarise="dynamic")
    assert data.dynamic
    made = model("vae", data=data, likelihood="bernoulli")
    seen: list[tuple[bool, Tensor]] = []
    losses = made.losses

    def recorded(step: Step) -> Losses:
        seen.append((made.training, step.target))
        return losses(step)

    monkeypatch.setattr(made, "losses", recorded)
    fit(made, replace(data, train=head(data.train, 64)), epochs=100, batch_size=64, patience=0)
    drawn = torch.stack([target.sum((1, 2, 3)).mean() for training, target in seen if training])
    assert all(set(target.unique().tolist()) == {0.0, 1.0} for _, target in seen)
    assert drawn.unique().numel() > 50
    assert float(drawn.mean()) == pytest.approx(float(data.train.x[:64].sum((1, 2, 3)).mean()), rel=0.01)
    validated = [target for training, target in seen if not training]
    assert all(torch.equal(target, validated[0]) for target in validated)


def of(x: Tensor, validation: int = 0) -> Dataset:
    """A data set of given training examples."""
    return replace(digits(), train=Split(x), validation=Split(x[:validation]))


@pytest.mark.parametrize(
    ("n", "batch", "steps"), [(1, 128, 1), (2, 1, 2), (3, 2, 1), (65, 64, 1), (66, 64, 2), (10, 1000, 1)]
)
def test_odd_numbers_of_examples(n: int, batch: int, steps: int) -> None:
    training = Fit(model("vae"), of(digits().train.x[:n], 1), epochs=2, batch_size=batch, device="cpu")
    assert training.steps_per_epoch == steps
    ends = epochs(list(training))
    assert len(ends) == 2
    assert training.step == training.steps == 2 * steps


def test_a_last_batch_of_one_is_no_trouble_for_batch_norm() -> None:
    made = model("autoencoder", batch_norm=True)
    assert epochs(fit(made, of(digits().train.x[:65], 1), batch_size=64))
    with pytest.raises(UserError, match="--batch-norm needs batches of two examples or more"):
        fit(model("autoencoder", batch_norm=True), of(digits().train.x[:1]), batch_size=64)


@pytest.mark.parametrize("variant", ["autoencoder", "denoising", "vae", "beta-vae"])
def test_constant_data_train_like_any_other(variant: str) -> None:
    made = model(variant, batch_norm=True)
    ends = epochs(fit(made, of(torch.full((100, 1, 8, 8), 0.5), 20), epochs=3))
    assert all(torch.isfinite(torch.tensor(list(end.train.values()))).all() for end in ends)
    assert made.sample(3).isfinite().all()


def test_no_training_examples_is_an_error() -> None:
    with pytest.raises(UserError, match="Digits has no training examples"):
        fit(model("vae"), of(torch.zeros(0, 1, 8, 8)))


def test_bf16_runs_on_a_cpu_and_lands_near_full_precision() -> None:
    half, full = (epochs(fit(model("vae"), epochs=5, precision=p))[-1] for p in ("bf16", "full"))
    assert half.validation["distortion"] == pytest.approx(full.validation["distortion"], rel=0.05)
    made = model("vae")
    x = digits().test.x
    with torch.autocast("cpu", torch.bfloat16):
        passed = made(Step(x, x))
    assert {passed.raw.dtype, passed.z.dtype, made.losses(Step(x, x)).loss.dtype} == {torch.float32}
    fit(made, precision="bf16")
    assert {value.dtype for value in made.state_dict().values()} == {torch.float32}
    assert made.encode(digits().test.x).dtype == torch.float32


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(UserError, match="no device 'cuda:99' on this machine. Known: auto, .*cpu"):
        fit(model("vae"), device="cuda:99")
