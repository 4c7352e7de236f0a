"""What the β lab says helps against a collapse does: each cure wakes a code that had died, on record."""

from __future__ import annotations

from typing import Any

import pytest

from aecore.jobs.cadence import Cadence
from tests.aecore.jobs.scripted import Session

CURES: dict[str, list[tuple[str, Any]]] = {
    "lower": [("annealing", "constant"), ("beta", 1)],
    "anneal": [("beta", 1), ("annealing_epochs", 20), ("annealing", "linear")],
    "free": [("free_bits", 0.5)],
}
"""As ``curesFor`` in ``app/canvas/src/lab/cures.tsx`` has them."""


@pytest.mark.parametrize("cure", CURES)
def test_what_helps_wakes_a_code_that_has_collapsed(
    own_home: Any, monkeypatch: pytest.MonkeyPatch, cure: str
) -> None:
    monkeypatch.setattr(Cadence, "learn", lambda self, *_: setattr(self, "every", 32))
    lab = Session(beta=100, activation="tanh", hidden=[64], batch_size=64, lr=3e-3)
    try:
        lab.sit({300: CURES[cure], 1500: [("stop", None)]})
        frames = lab.frames()
    finally:
        lab.close()
    collapsed = [frame.header for frame in frames if 200 <= frame.header.step < 300]
    assert collapsed
    for header in collapsed:
        assert sum(header.kl) < 0.05
        assert header.active_units == 0
    woken = frames[-1].header
    assert woken.active_units > 0
    assert max(woken.kl) > 0.2
    if cure == "free":  # and no more than is free has a price
        assert woken.dials.beta == 100
        assert max(woken.kl) < 0.6
