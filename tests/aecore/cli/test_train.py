"""``aecore train``: what it prints, how it stops, how it goes on."""

from __future__ import annotations

import json
import signal
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from aecore.bundles import list_bundles, open_bundle
from aecore.cli import main
from aecore.cli.bar import Bar
from aecore.cli.train import _warnings_as_sentences
from aecore.runs import interrupted
from aecore.training import EpochEnd, Event, Finished, Fit

WORDS = [
    "train",
    "--variant",
    "vae",
    "--data",
    "digits",
    "--hidden",
    "8",
    "--latent-dim",
    "3",
    "--device",
    "cpu",
]

pytestmark = pytest.mark.usefixtures("quick_maps")


@pytest.fixture
def press(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Presses Ctrl-C, so many times, when a certain event is shown."""
    show = Bar.__call__

    def press(when: Callable[[Event], bool], times: int = 1) -> None:
        def shown(bar: Bar, event: Event) -> None:
            show(bar, event)
            for _ in range(times if when(event) else 0):
                signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(Bar, "__call__", shown)

    return press


def third_epoch(event: Event) -> bool:
    return isinstance(event, EpochEnd) and event.epoch == 3


def yours() -> list[str]:
    return [each.id for each in list_bundles() if not each.shipped]


def test_a_training_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*WORDS, "--epochs", "2"]) == 0
    said, progress = capsys.readouterr()
    path = open_bundle("digits/vae-3d").path
    lines = said.splitlines()
    assert lines[0].startswith("digits/vae-3d: −ELBO ")
    assert "RMSE" in lines[0]
    assert "PCA RMSE" in lines[0]
    assert lines[-1] == f"Bundle: {path}"
    assert [line.partition(" · ")[0] for line in progress.splitlines()][:3] == [
        "Training digits/vae-3d on cpu", "epoch 1", "epoch 2",
    ]  # fmt: skip
    for word in ("loss", "distortion", "rate", "validation", "examples/s"):
        assert word in progress.splitlines()[1]
    assert progress.splitlines()[3].startswith("Trained after 2 epochs, keeping epoch 2; measuring")
    assert len(progress.splitlines()) == 4


def test_each_stage_that_takes_epochs_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    words = [*WORDS, "--prior-width", "8", "--prior-layers", "1", "--epochs", "4", "--prior-share", "0.5"]
    words[words.index("vae")] = "vq-vae"
    words[words.index("--latent-dim") + 1] = "4"
    assert main(words) == 0
    progress = capsys.readouterr().err.splitlines()
    assert [line.partition(" · ")[0] for line in progress[1:5]] == [
        "epoch 1, stage 1 of 2 (train)", "epoch 2, stage 1 of 2 (train)",
        "epoch 3, stage 2 of 2 (prior)", "epoch 4, stage 2 of 2 (prior)",
    ]  # fmt: skip


def test_what_is_unwise_is_said_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    bare = ["train", "--variant", "overcomplete", "--data", "digits", "--hidden", "8", "--latent-dim", "64"]
    bare += ["--penalty", "none", "--epochs", "1", "--device", "cpu", "--json"]
    assert main(bare) == 0
    said, notes = capsys.readouterr()
    assert json.loads(said)["id"] == "digits/overcomplete-64d"
    assert notes.startswith("Note: Nothing stops a code of 64 numbers from copying an example of 64: set --s")
    assert len(notes.splitlines()) == 1
    assert main([*bare, "--weight-decay", "0.001"]) == 0
    assert capsys.readouterr().err == ""


def test_what_libraries_warn_of_stays_a_warning() -> None:
    with pytest.warns(DeprecationWarning, match="old"), _warnings_as_sentences():
        warnings.warn("old", DeprecationWarning, stacklevel=1)


def test_a_closed_form_is_trained_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--variant", "linear", "--data", "digits", "--latent-dim", "3"]) == 0
    progress = capsys.readouterr().err
    assert progress.splitlines()[-1].startswith("Solved in closed form; measuring")
    bundle = open_bundle("digits/linear-3d")
    assert bundle.card.provenance.command == "aecore train --variant linear --data digits --latent-dim 3"
    assert [line["stage"] for line in bundle.history] == ["solve"]
    metrics = bundle.card.scalars
    assert metrics["rmse"] == pytest.approx(metrics["pca_rmse"], rel=1e-5)
    assert bundle.card.latent.prior.kind == "fitted-gaussian"


def test_json_is_all_that_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*WORDS, "--epochs", "1", "--name", "mine", "--json"]) == 0
    out, err = capsys.readouterr()
    printed = json.loads(out)
    bundle = open_bundle("digits/mine")
    assert printed == {"id": "digits/mine", "path": str(bundle.path), "metrics": bundle.card.metrics}
    assert err == ""


def test_ctrl_c_keeps_the_best_epoch_and_resume_ends_the_training(
    press: Callable[..., None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [*WORDS, "--epochs", "6", "--name"]
    with monkeypatch.context():
        press(third_epoch)
        assert main([*words, "stopped"]) == 0
        out, err = capsys.readouterr()
        assert "Stopped after 3 epochs, keeping epoch 3; measuring" in err
        assert out.splitlines()[-1].endswith("Go on with: aecore train --resume digits/stopped")
        assert len(open_bundle("digits/stopped").history) == 3
        press(lambda event: False)
    assert main(["train", "--resume", "digits/stopped"]) == 0
    out, err = capsys.readouterr()
    assert err.startswith("Training digits/stopped on cpu, from epoch 4\n")
    assert "--resume" not in out
    assert interrupted() == {}
    assert main([*words, "whole"]) == 0
    whole, stopped = open_bundle("digits/whole"), open_bundle("digits/stopped")
    assert whole.read("model.safetensors") == stopped.read("model.safetensors")


@pytest.mark.parametrize(
    ("when", "times"), [(third_epoch, 2), (lambda event: isinstance(event, Finished), 1)]
)
def test_ctrl_c_twice_or_at_the_end_leaves_at_once(
    when: Callable[[Event], bool],
    times: int,
    press: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = signal.getsignal(signal.SIGINT)
    press(when, times)
    assert main([*WORDS, "--epochs", "4", "--name", "mine"]) == 130
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "aecore: interrupted. Go on with: aecore train --resume digits/mine"
    assert yours() == []
    assert list(interrupted()) == ["digits/mine"]
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(("times", "status"), [(1, 2), (2, 130)])
def test_ctrl_c_before_the_first_epoch_leaves_nothing(
    times: int,
    status: int,
    own_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    step = Fit._step

    def pressed(self: Fit, *arguments: object) -> object:
        for _ in range(times):
            signal.raise_signal(signal.SIGINT)
        return step(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Fit, "_step", pressed)
    assert main([*WORDS, "--epochs", "4"]) == status
    last = capsys.readouterr().err.splitlines()[-1]
    assert "nothing to keep" in last or "Nothing was kept" in last
    assert not own_home.exists()


def test_what_a_failure_leaves_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from aecore.errors import UserError

    def fail(*_: object, **__: object) -> None:
        raise UserError("The disk is full.")

    monkeypatch.setattr("aecore.runs.run.make_bundle", fail)
    assert main([*WORDS, "--epochs", "1", "--name", "mine"]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "aecore: The disk is full. Go on with: aecore train --resume digits/mine"
