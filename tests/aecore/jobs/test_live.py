"""A live training obeys while it runs: β, pause, step, slow motion, restart, save."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from aecore.bundles import open_bundle
from aecore.errors import UserError
from aecore.jobs.cadence import MOST_FRAMES, Cadence
from aecore.jobs.recording import Frame
from aecore.jobs.saving import save
from aecore.jobs.settings import Limits
from aecore.jobs.training import config_of
from aecore.runs import Run
from aecore.training import Diverged
from tests.aecore.jobs.scripted import Make, Scripted


@pytest.fixture
def every_eight(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame every eight steps, however slow the machine is."""

    def learn(self: Cadence, *_: float) -> None:
        self.every = 8

    monkeypatch.setattr(Cadence, "learn", learn)


def kl_at(frames: list[Frame], step: int) -> float:
    """Nats of all dimensions in the last frame up to a step."""
    return sum([frame for frame in frames if frame.header.step <= step][-1].header.kl)


@pytest.mark.usefixtures("every_eight")
def test_a_large_beta_collapses_the_code_and_a_small_one_wakes_it_up(session: Make) -> None:
    lab = session(beta=1, activation="tanh", hidden=[64], batch_size=64, lr=3e-3)
    assert lab.sit({200: [("beta", 50)], 300: [("beta", 1)], 1200: [("stop", None)]}).state == "stopped"
    frames = lab.frames()
    before, collapsed, after = (kl_at(frames, step) for step in (199, 299, 1199))
    assert before > 1
    assert collapsed < 0.05
    assert after > 1
    assert {frame.header.dials.beta for frame in frames} == {1, 50}
    assert frames[-1].header.active_units == 2
    for frame in frames[:: len(frames) // 5]:  # the recorded KL is that of the recorded codes
        mu, logvar = (frame.arrays[name].astype(np.float64) for name in ("mu", "logvar"))
        kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).mean(0)
        assert frame.header.kl == pytest.approx(kl, rel=0.01, abs=2e-3)
        assert frame.header.rate == pytest.approx(sum(frame.header.kl))


@pytest.mark.usefixtures("every_eight")
def test_a_restart_repeats_the_frames_bit_for_bit_up_to_the_first_command(session: Make) -> None:
    lab = session(beta=2, annealing="linear")
    lab.sit({40: [("beta", 9)], 80: [("stop", None)]})
    first = lab.frames()
    again = lab.live({80: [("restart", None)]})
    link = again.link
    assert isinstance(link, Scripted)
    again._obey()
    link.script = {80: [("stop", None)]}
    again.train()
    second = lab.frames()
    manifest = lab.recording.manifest
    assert manifest
    assert manifest.take == 2
    assert second[0].header.number > first[-1].header.number

    def content(frame: Frame) -> Any:
        return replace(frame.header, number=0, seconds=0.0), frame.body

    both = [{frame.header.step: frame for frame in take} for take in (first, second)]
    for step in range(0, 48, 8):
        one, other = (content(take[step]) for take in both)
        assert one == other
    assert both[0][80].body != both[1][80].body


def test_a_step_is_one_step_of_the_optimiser_and_one_frame(session: Make) -> None:
    lab = session()
    live = lab.live({12: [("pause", None)]})
    link = live.link
    assert isinstance(link, Scripted)
    live._film()
    while not live.paused:
        live._obey()
        if not live.paused:
            live._advance()
    for _ in range(7):  # over the end of an epoch of 6 steps
        at, count, weights = live.run.fit.step, len(lab.recording), live.run.fit.tensors()
        before = {name: value.clone() for name, value in weights.items() if name.startswith("model/")}
        link.script = {0: [("step", None)]}
        live._obey()
        while live.due:
            live._advance()
        assert live.run.fit.step == at + 1
        assert len(lab.recording) == count + 1
        changed = live.run.fit.tensors()
        assert not all(torch.equal(value, changed[name]) for name, value in before.items())
    assert lab.store.job(lab.job.id).state == "paused"
    link.script = {0: [("step", None), ("step", None), ("step", None)]}
    live._obey()
    assert live.due == 3
    link.script = {0: [("resume", None)]}
    live._obey()
    assert (live.paused, live.due) == (False, 0)


def test_what_is_turned_is_what_trains(session: Make) -> None:
    lab = session()
    turned = [("lr", 0.02), ("free_bits", 0.5), ("annealing_epochs", 2), ("annealing", "linear")]
    live = lab.live({0: [*turned, ("slow", 60)], 30: [("stop", None)]})
    live.train()
    assert live.run.fit.descents[0][0].lr == 0.02
    rise = 2 * live.run.fit.steps_per_epoch
    priced = {frame.header.step: frame.header.dials.beta_now for frame in lab.frames()}
    assert [priced[k] for k in range(1, 31)] == pytest.approx([min(4, 4 * k / rise) for k in range(1, 31)])
    assert live.event
    assert live.event.terms["free_bits_rate"] >= 1  # nats: two dimensions, half of one free in each


def test_what_a_model_lacks_cannot_be_turned(session: Make) -> None:
    plain = session("autoencoder")
    live = plain.live({0: [("beta", 3), ("lr", 1e-3)]})
    live._obey()
    assert isinstance(live.link, Scripted)
    assert live.link.refused == {"beta": "This model has no beta; it has lr."}
    flow = session(posterior="iaf").live({0: [("free_bits", 1), ("beta", 2)]})
    flow._obey()
    assert isinstance(flow.link, Scripted)
    assert list(flow.link.refused) == ["free_bits"]


def test_nobody_watching_ends_it_and_resuming_goes_on(session: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = session()
    ended = lab.sit({0: [("beta", 7)]}, Limits(idle_minutes=0.3 / 60))
    assert ended.state == "stopped"
    assert ended.message == "Nobody has watched for 0.005 minutes; resume goes on."
    last = lab.frames()[-1].header
    again = lab.live({})
    assert again.run.fit.step >= last.step > 0
    assert again._dials().beta == 7
    assert len(lab.recording) > 0  # what was recorded is still there


@pytest.mark.usefixtures("quick_maps")
def test_a_live_training_of_an_older_aecore_goes_on_and_is_saved(session: Make) -> None:
    lab = session()
    lab.sit({20: [("stop", None)]})
    stored = lab.folder / "state" / "run.json"
    saved = json.loads(stored.read_bytes())
    del saved["config"]["l1"]  # as an aecore without --l1 wrote it,
    saved["config"]["activation"] = "tanh"  # whose default was another
    stored.write_text(json.dumps(saved))
    again = lab.live({})
    assert again.run.fit.step == 20
    assert again.config["activation"] == "tanh"
    command = lab.store.say(lab.job.id, "save", "old")
    assert save(lab.store.job(lab.job.id), command) == "digits/old"
    card = open_bundle("digits/old").card
    assert (card.config["activation"], card.config["l1"]) == ("tanh", 0)


def test_a_worker_without_a_supervisor_keeps_the_weights_as_they_are(session: Make) -> None:
    lab = session()
    live = lab.live({})
    advance, count = live._advance, itertools.count()

    def and_then(*_: Any) -> None:
        advance()
        if next(count) == 20:
            live.link.gone.set()

    live._advance = and_then  # type: ignore[method-assign]
    assert live.train().state == "interrupted"
    kept = Run.go_on(live.run.folder, lab.folder / "state")
    assert kept.fit.step == live.run.fit.step
    for name, value in live.run.fit.model.state_dict().items():
        assert torch.equal(value, kept.fit.model.state_dict()[name])


def test_a_kill_after_a_restart_does_not_bring_the_take_before_back(session: Make) -> None:
    lab = session(beta=2)
    lab.sit({20: [("beta", 9)], 60: [("stop", None)]})  # its weights are put aside at step 60
    live = lab.live({60: [("restart", None)]})
    live._obey()
    while live.run.fit.step < 10:
        live._advance()
    again = lab.live({})  # and nothing else was ever said or stored
    assert (again.run.fit.step, again._dials().beta) == (0, 2)
    manifest = lab.recording.manifest
    assert manifest
    assert manifest.take == 3
    while again.run.fit.step < 10:
        again._advance()
    again._turn("beta", 5)
    again.slow = 20.0
    again._show()
    again._keep()
    third = lab.live({})
    assert (third.run.fit.step, third._dials().beta, third.slow) == (10, 5, 20)
    manifest = lab.recording.manifest
    assert manifest
    assert manifest.take == 3


@pytest.mark.usefixtures("quick_maps")
def test_a_save_is_said_to_have_been_set_as_it_was(session: Make) -> None:
    lab = session(beta=4)
    live = lab.live({
        0: [("annealing_epochs", 10), ("annealing", "linear"), ("slow", 30)],
        12: [("save", "rising")],
        13: [("restart", None), ("beta", 9), ("stop", None)],
    })  # fmt: skip
    live.train()
    (command,) = [each for each in lab.store.said(lab.job.id) if each.name == "save"]
    save(lab.store.job(lab.job.id), command)  # its process gets there late: another take is recorded
    config = open_bundle("digits/rising").card.config
    assert config["annealing"] == "linear"
    epochs = 12 / live.run.fit.steps_per_epoch
    assert config["beta"] == pytest.approx(4 * epochs / 10)
    assert config["epochs"] == math.ceil(epochs)
    assert lab.frames()[-1].header.dials.slow == 30


@pytest.mark.usefixtures("quick_maps")
def test_a_save_is_a_bundle_of_the_weights_as_they_were(session: Make) -> None:
    lab = session()
    live = lab.live({30: [("save", "mine"), ("beta", 9)], 60: [("stop", None)]})
    weights: dict[str, torch.Tensor] = {}
    run_save = live.run.save

    def spy(*place: Any, **beside: Any) -> None:
        if place:
            weights.update({k: v.detach().clone() for k, v in live.run.fit.model.state_dict().items()})
        run_save(*place, **beside)

    live.run.save = spy  # type: ignore[method-assign]
    live.train()
    (command,) = [each for each in lab.store.said(lab.job.id) if each.name == "save"]
    assert command.state == "ready"
    assert save(lab.store.job(lab.job.id), command) == "digits/mine"
    bundle = open_bundle("digits/mine")
    for name, value in bundle.model().state_dict().items():
        assert torch.equal(value, weights[name])
    assert (bundle.card.config["lr"], bundle.card.config["beta"]) == (5e-3, 4)
    assert len(bundle.codes.mu) == 297
    with pytest.raises(UserError, match="digits/mine is there already: choose another name"):
        save(lab.store.job(lab.job.id), command)
    unnamed = lab.store.say(lab.job.id, "save", "")
    assert save(lab.store.job(lab.job.id), unnamed) == "digits/beta-vae-2d-live"
    assert open_bundle("digits/beta-vae-2d-live").card.config["beta"] == 9


def test_an_exploding_loss_is_a_sentence(session: Make) -> None:
    lab = session(optimiser="sgd", binarise="none")
    with pytest.raises(Diverged, match="no number any more"):
        lab.sit({10: [("lr", 10.0)], 500: [("stop", None)]})


def test_frames_take_a_third_of_the_time_at_most() -> None:
    for cost, step in itertools.product((0.001, 0.03, 0.2), (0.0002, 0.005, 0.3)):
        cadence = Cadence()
        for _ in range(3):
            cadence.learn(cost, step * cadence.every, cadence.every)
        between = cadence.every * step
        assert math.log2(cadence.every).is_integer()
        assert cost / (cost + between) <= 1 / 3 + 1e-9 or cadence.every == 4096
        assert between + cost >= 1 / MOST_FRAMES - 1e-9 or cadence.every == 4096
        half = between / 2
        assert cadence.every == 1 or half < 2 * cost or half + cost < 1 / MOST_FRAMES


def test_epochs_that_are_done_end_it(session: Make) -> None:
    lab = session(epochs=2)
    ended = lab.sit({})
    assert (ended.state, ended.message) == ("done", "All 2 epochs are done.")
    assert config_of(lab.job)["epochs"] == 2
