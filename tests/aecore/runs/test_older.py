"""Runs that another version of aecore has begun: they go on, or are refused with the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from aecore.errors import UserError
from aecore.runs import Run
from tests.aecore.runs.crashed import Crash, Trained, begin, crash_after


def as_before(state: Path, **added: Any) -> None:
    """Makes a stored configuration one of an aecore that had no --l1, and had ``added``."""
    saved = json.loads((state / "run.json").read_bytes())
    del saved["config"]["l1"]
    saved["config"] |= added
    (state / "run.json").write_text(json.dumps(saved))


def test_a_run_of_an_older_aecore_goes_on_from_its_epochs(finished: list[Trained], own_home: Path) -> None:
    begin("whole", epochs=5).train()
    run = begin("old", epochs=5)
    assert run.state
    with pytest.raises(Crash):
        run.train(crash_after(3))
    as_before(run.state)
    assert Run.open(run.config, run.folder, run.state).fit.epoch == 3
    assert Run.open(run.config | {"l1": 0.1}, run.folder, run.state).fit.epoch == 0
    again = Run.resume("digits/old")
    assert (again.fit.epoch, again.resumable, again.config) == (3, True, run.config)
    again.train()
    (whole, history), (resumed, resumed_history) = finished
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    assert history == resumed_history


def test_a_run_with_an_option_that_is_gone_is_refused_and_stays() -> None:
    run = begin("old", epochs=5)
    assert run.state
    with pytest.raises(Crash):
        run.train(crash_after(3))
    as_before(run.state, momentum=0.9)
    stored = (run.state / "run.json").read_bytes()
    why = "begun by another version of aecore.*momentum.*Go on with that version"
    for _ in range(2):  # and the name was let go
        with pytest.raises(UserError, match=why):
            Run.resume("digits/old")
    with pytest.raises(UserError, match=why):
        Run.open(run.config, run.folder, run.state)
    assert (run.state / "run.json").read_bytes() == stored
