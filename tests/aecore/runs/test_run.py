"""Runs that crash, stop, run out of disk, and go on as if nothing had happened."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from aecore.errors import UserError
from aecore.runs import Run, interrupted, keeping, runs_root
from aecore.runs.claim import Busy
from aecore.runs.states import read_state
from aecore.training import Diverged, EpochEnd, Event, Fit
from tests.aecore.runs.crashed import Crash, Trained, begin, crash_after

CASES: dict[str, dict[str, Any]] = {
    "autoencoder": {"variant": "autoencoder", "optimiser": "sgd", "lr": 1e-3},
    "denoising": {"variant": "denoising", "corruption": "masking", "dropout": 0.1, "optimiser": "rmsprop"},
    "vae": {"variant": "vae", "binarise": "dynamic", "lr_schedule": "cosine", "lr_warmup": 0.3},
    "beta-vae": {"variant": "beta-vae", "annealing": "cyclical", "batch_norm": True, "keep": "last"},
    "patient": {"variant": "vae", "optimiser": "adamw", "patience": 2, "lr": 0.05},
}


def leftovers(home: Path) -> list[Path]:
    return sorted(home.rglob("*")) if home.exists() else []


@pytest.mark.parametrize("case", CASES)
def test_a_crashed_run_goes_on_to_the_same_weights(
    case: str, finished: list[Trained], own_home: Path
) -> None:
    options = CASES[case] | {"epochs": 5}
    begin("whole", **options).train()
    for epoch in (1, 4):
        run = begin("crashed", **options) if epoch == 1 else Run.resume("digits/crashed")
        with pytest.raises(Crash):
            run.train(crash_after(epoch))
        assert run.resumable
        assert list(interrupted()) == ["digits/crashed"]
    Run.resume().train()
    (whole, whole_history), (resumed, resumed_history) = finished
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    assert whole_history == resumed_history
    assert leftovers(own_home) == []


@pytest.mark.parametrize(("often", "stored"), [(0.0, [1, 2, 3, 4]), (1e9, [1, 1, 1, 1])])
def test_epochs_are_stored_now_and_then_and_where_it_ends(
    monkeypatch: pytest.MonkeyPatch, often: float, stored: list[int]
) -> None:
    """Whatever ends it but a kill leaves the last whole one."""
    monkeypatch.setattr("aecore.runs.run.OFTEN", often)
    run = begin("mine", epochs=5)
    seen: list[int] = []

    def look(event: Event) -> None:
        assert run.state
        if isinstance(event, EpochEnd):
            seen.append(read_state(run.state)["numbers"]["epoch"])
            crash_after(4)(event)

    with pytest.raises(Crash):
        run.train(look)
    assert seen == stored
    assert Run.resume("digits/mine").fit.epoch == 4


def test_a_crash_while_the_bundle_is_made_costs_no_epoch(
    finished: list[Trained], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin("whole").train()
    other = begin("other")
    with monkeypatch.context() as patch:
        patch.setattr("aecore.runs.run.make_bundle", lambda *_, **__: (_ for _ in ()).throw(Crash))
        with pytest.raises(Crash):
            other.train()
    seen: list[Event] = []
    Run.resume("digits/other").train(seen.append)
    assert not [event for event in seen if isinstance(event, EpochEnd)]
    assert all(torch.equal(finished[0][0][name], finished[1][0][name]) for name in finished[0][0])


def test_a_stopped_run_keeps_the_best_epoch_and_can_go_on(finished: list[Trained]) -> None:
    run = begin("stopped", epochs=50)
    run.train(lambda event: run.stop() if isinstance(event, EpochEnd) and event.epoch == 3 else None)
    assert run.resumable
    assert [line["epoch"] for line in finished[0][1]] == [1, 2, 3]
    assert list(interrupted()) == ["digits/stopped"]
    again = Run.resume("digits/stopped")
    assert again.config == run.config
    assert again.fit.epoch == 3


def test_what_was_noted_of_a_stopped_training_is_kept_when_it_goes_on(own_home: Path) -> None:
    run = begin("noted", epochs=3)
    run.job = "0123456789"
    run.train(lambda event: run.stop() if isinstance(event, EpochEnd) else None)
    keeping.change("digits/noted", "noted", "For the lecture.", run.job)
    again = Run.resume("digits/noted")
    assert again.job == run.job
    bundle = again.train(lambda _: None)
    assert (bundle.card.note, len(bundle.history)) == ("For the lecture.", 3)
    anew = Run.begin(run.config, "noted", replace=True)
    assert anew.train(lambda _: None).card.note == ""


def test_a_run_without_an_epoch_leaves_nothing(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = begin()
    run.stop()
    with pytest.raises(UserError, match="before the first epoch"):
        run.train()
    assert leftovers(own_home) == []
    run = begin()
    monkeypatch.setattr(Fit, "_losses", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run.train()
    assert leftovers(own_home) == []


def test_a_run_that_is_killed_while_it_is_forgotten_is_forgotten(
    finished: list[Trained], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin("mine")
    rmtree = shutil.rmtree

    def remove(*arguments: Any, **options: Any) -> None:
        if run.finishing:
            raise Crash
        rmtree(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr("aecore.bundles.files.shutil.rmtree", remove)
        with pytest.raises(Crash):
            run.train()
    assert len(finished) == 1
    assert interrupted() == {}
    begin("mine").train()
    assert interrupted() == {}


def test_a_diverging_run_leaves_nothing(own_home: Path) -> None:
    run = begin(optimiser="sgd", lr=10, epochs=50)
    with pytest.raises(Diverged, match="no number"):
        run.train()
    assert not run.resumable
    assert leftovers(own_home) == []


@pytest.mark.parametrize(
    "wrong", [{"latent_dim": 0}, {"validation": 10**6}, {"likelihood": "bernoulli"}, {"device": "abacus"}]
)
def test_a_run_that_cannot_begin_leaves_nothing(wrong: dict[str, Any], own_home: Path) -> None:
    with pytest.raises(UserError):
        begin(**wrong)
    assert leftovers(own_home) == []


def full_disk(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """A disk that takes so many more files."""
    left = iter(range(after))
    write = os.write

    def fill(descriptor: int, data: Any) -> int:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr("aecore.bundles.files.os.write", fill)


def test_a_full_disk_at_the_start_leaves_nothing(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = begin()
    full_disk(monkeypatch, after=1)
    with pytest.raises(UserError, match="disk is full"):
        run.train()
    assert leftovers(own_home) == []


def test_a_full_disk_keeps_the_epochs_before(
    own_home: Path, finished: list[Trained], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin("whole", epochs=5).train()
    run = begin("full", epochs=5)
    with monkeypatch.context() as patch:
        full_disk(patch, after=5)  # two files at the start, two an epoch
        with pytest.raises(UserError, match="disk is full"):
            run.train()
    assert run.resumable
    assert Run.resume().fit.epoch == 1
    Run.resume().train()
    assert all(torch.equal(finished[0][0][name], finished[1][0][name]) for name in finished[0][0])
    assert leftovers(own_home) == []


def test_names_are_taken_from_the_moment_a_run_begins(own_home: Path) -> None:
    first, second = begin(), begin()
    assert (first.id, second.id) == ("digits/vae-3d", "digits/vae-3d-2")
    with pytest.raises(Busy, match="digits/vae-3d is being trained by another process"):
        begin("vae-3d")
    (own_home / "bundles" / "digits" / "vae-3d-3").mkdir(parents=True)
    assert begin().id == "digits/vae-3d-4"
    with pytest.raises(UserError, match="vae-3d-3 is there already: choose another --name, or --replace it"):
        begin("vae-3d-3")


@pytest.mark.usefixtures("finished")
def test_a_run_being_trained_is_not_offered(own_home: Path) -> None:
    def look(event: Event) -> None:
        assert interrupted() == {}
        with pytest.raises(Busy, match="digits/mine is being trained by another process"):
            Run.resume("digits/mine")
        with pytest.raises(UserError, match="no interrupted run to resume"):
            Run.resume()

    begin("mine").train(look)
    assert leftovers(own_home) == []


def test_the_latest_run_is_resumed_unless_one_is_named() -> None:
    for name in ("a", "b"):
        with pytest.raises(Crash):
            begin(name).train(crash_after(1))
    os.utime(runs_root() / "digits" / "a" / "run.json", (1, 1))
    assert list(interrupted()) == ["digits/b", "digits/a"]
    assert Run.resume("digits/a").id == "digits/a"
    assert Run.resume().id == "digits/b"
    with pytest.raises(UserError, match="no interrupted run called 'digits/bb'. Did you mean digits/b"):
        Run.resume("digits/bb")


def test_a_state_whose_writer_died_between_two_renames_is_found() -> None:
    with pytest.raises(Crash):
        begin("mine").train(crash_after(1))
    state = interrupted()["digits/mine"]
    state.rename(state.parent / ".old-mine")
    assert list(interrupted()) == ["digits/mine"]
    with pytest.raises(UserError, match="digits/mine is there already.* --resume digits/mine"):
        begin("mine")
    assert Run.resume("digits/mine").fit.epoch == 1


@pytest.mark.parametrize("file", ["run.json", "state.safetensors"])
def test_a_damaged_state_is_refused_by_name(file: str) -> None:
    with pytest.raises(Crash):
        begin("mine").train(crash_after(1))
    damaged = interrupted()["digits/mine"] / file
    damaged.write_bytes(damaged.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"digits/mine cannot be resumed .*remove that folder"):
        Run.resume()
    with pytest.raises(UserError, match="cannot be resumed"):  # and the name was let go
        Run.resume()
