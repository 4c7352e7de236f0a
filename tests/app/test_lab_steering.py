"""Steering a live training, in Node.js: what helps against a collapse, a save, a server that goes away."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.aecore.jobs.test_cures import CURES
from tests.app import node

pytestmark = node.needs_node


@pytest.fixture
def run(tmp_path: Path) -> Any:
    return partial(node.run, tmp_path)


DIALS = ["lr", "beta", "free_bits", "annealing", "annealing_epochs"]


@pytest.mark.parametrize(
    ("now", "dials", "sets"),
    [
        ({"beta": 100, "free_bits": 0}, DIALS, list(CURES.values())),
        ({"beta": 100, "free_bits": 1}, DIALS, [CURES["lower"], CURES["anneal"]]),
        ({"beta": 100, "free_bits": 0}, ["lr", "beta"], [CURES["lower"], CURES["anneal"]]),
        ({"beta": None, "free_bits": 0}, ["lr"], []),
        (
            {"beta": 0.5, "free_bits": 1},
            DIALS,
            [
                [("annealing", "constant"), ("beta", 0.05)],
                [("beta", 0.5), ("annealing_epochs", 20), ("annealing", "linear")],
            ],
        ),
    ],
)
def test_what_helps_is_what_can_be_turned_and_in_this_order(
    run: Any, now: dict[str, Any], dials: list[str], sets: list[Any]
) -> None:
    found = run(
        {"lab/cures": "curesFor"},
        "return curesFor(given.now, given.dials, 20).map(({ set }) => Object.entries(set))",
        now=now,
        dials=dials,
    )
    assert found == [[[name, value] for name, value in each] for each in sets]


@pytest.mark.parametrize(
    ("became", "state"), [("done", "saved"), ("refused", "refused"), ("never", "saving")]
)
def test_a_save_is_waited_for_and_what_became_of_it_is_said(run: Any, became: str, state: str) -> None:
    said, first, last = run(
        {"lab/session": "Session"},
        """
        const said = [];
        const state = given.became === "never" ? "ready" : given.became;
        const jobs = {
          base: "http://loupe.test/",
          job: async () => ({ id: "job", state: "running", spec: {}, message: "" }),
          passed: async () => [],
          say: async (id, name, value) => (said.push([name, value]), 7),
          answers: async (id, after) => [
            { number: after, state: "refused", answer: "Another's." },
            { number: after + 1, state, answer: "digits/x" },
          ],
        };
        const session = new Session(jobs, "job", [0.1, 16]);
        void session.save("x");
        await later(20);
        const first = session.saved.value.state;
        await later(1500);
        return [said, first, session.saved.value];
        """,
        became=became,
    )
    assert (said, first, last["state"]) == ([["save", "x"]], "saving", state)
    assert became == "never" or last["text"] == "digits/x"


def test_a_server_that_goes_away_is_asked_again_and_a_job_that_is_gone_is_not(run: Any) -> None:
    heard, count = run(
        {"lab/wire": "watch"},
        """
        const heard = [];
        const leave = watch("http://loupe.test/", "job", {
          job() {}, manifest() {}, frame: async () => {},
          connected: (yes) => heard.push(yes), gone: (reason) => heard.push(reason),
        });
        sockets[0].onclose({ code: 1006, reason: "" });
        await later(400);
        sockets[1].onmessage({ data: JSON.stringify({}) });
        await later(0);
        sockets[1].onclose({ code: 4404, reason: "There is no such job." });
        await later(1200);
        const { length } = sockets;
        leave();
        return [heard, length];
        """,
    )
    assert heard == [False, True, "There is no such job."]
    assert count == 2


@pytest.mark.parametrize(
    ("nats", "text"), [(0.004, "0.00"), (0.00509, "0.01"), (0.5, "0.50"), (2.345, "2.35"), (123.4, "123")]
)
def test_nats_have_the_digits_that_count(run: Any, nats: float, text: str) -> None:
    assert run({"lab/axis": "natsText"}, "return natsText(given.nats)", nats=nats) == text
