"""Slow motion: every step is seen, and what is said between two of them is done at once."""

from __future__ import annotations

import time

from tests.aecore.jobs.scripted import Make


def test_slow_motion_shows_every_step_and_keeps_its_pace(session: Make) -> None:
    lab = session()
    started = time.monotonic()
    lab.sit({0: [("slow", 20)], 10: [("stop", None)]})
    assert time.monotonic() - started > 9 / 20
    assert [frame.header.step for frame in lab.frames()] == list(range(11))


def test_between_two_frames_of_slow_motion_it_obeys_and_films_each_step_once(session: Make) -> None:
    lab = session()
    said = {5: "step", 6: "resume", 7: "save", 8: "stop"}
    lab.sit({0: [("slow", 30)]} | {step: [(name, None)] for step, name in said.items()})
    assert [frame.header.step for frame in lab.frames()] == list(range(9))


def test_restart_in_slow_motion_films_the_beginning_once(session: Make) -> None:
    lab = session()
    lab.sit({0: [("slow", 30)], 3: [("restart", None)], 4: [("stop", None)]})
    assert [frame.header.step for frame in lab.frames()] == list(range(5))
