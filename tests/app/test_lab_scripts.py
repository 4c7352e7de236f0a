"""The β lab's sources in Node.js: what is said to a training, what is shown and claimed of it."""

from __future__ import annotations

import base64
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from aecore.jobs import Header
from aecore.jobs.recording import Dials, encode
from tests.app import node

pytestmark = node.needs_node

SESSION = {"lab/session": "Session"}
JOBS = """
  localStorage.setItem("loupe-jobs", "job");
  const said = [], done = [];
  let slow = 0, refuse = "", became = "done", count = 0;
  const jobs = {
    base: "http://loupe.test/",
    job: async () => ({ id: "job", state: "running", spec: {}, message: "" }),
    passed: async () => [],
    say: async (id, name, value) => {
      said.push([name, value]);
      await later(slow);
      done.push([name, value]);
      if (refuse) throw new Error(refuse);
      return ++count;
    },
    answers: async (id, after) => [{ number: after + 1, state: became, answer: "Too much." }],
  };
  const session = new Session(jobs, "job", [0.1, 16]);
"""


@pytest.fixture
def run(tmp_path: Path) -> Any:
    return partial(node.run, tmp_path)


def test_what_is_said_arrives_in_order_and_a_hand_is_not_fallen_behind(run: Any) -> None:
    said, done, asked = run(
        SESSION,
        JOBS
        + """
        slow = 400;
        session.turn("beta", 1);
        for (let beta = 2; beta <= 30; beta++) { await later(10); session.turn("beta", beta); }
        slow = 10;
        session.say("pause");
        session.turn("lr", 0.1);
        await later(1200);
        return [said, done, session.asked.value];
        """,
    )
    assert done == said
    assert said == [["beta", 1], ["pause", None], ["lr", 0.1], ["beta", 30]]
    assert asked == {"beta": 30, "lr": 0.1}


@pytest.mark.parametrize("how", ["at once", "by the worker"])
def test_what_was_refused_is_not_on_display(run: Any, how: str) -> None:
    asked, refused, shown = run(
        SESSION,
        JOBS
        + """
        if (given.how === "at once") refuse = "Too much."; else became = "refused";
        session.turn("beta", 50);
        session.turn("lr", 0.1);
        const before = session.dial("beta");
        await later(2500);
        return [session.asked.value, session.refused.value, before];
        """,
        how=how,
    )
    assert shown == 50
    assert (asked, refused) == ({}, "Too much.")


def test_a_frame_that_cannot_be_shown_does_not_end_the_frames(run: Any) -> None:
    assert run(
        {"lab/wire": "watch"},
        """
        process.on("unhandledRejection", () => {});
        let fails = true;
        const leave = watch("http://loupe.test/", "job", {
          job() {}, manifest() {}, connected() {}, gone() {},
          frame: async () => { if (fails) throw new Error("no picture"); },
        });
        const [socket] = sockets;
        socket.onmessage({ data: new ArrayBuffer(3) });
        await later(10);
        fails = false;
        socket.onmessage({ data: new ArrayBuffer(3) });
        await later(10);
        return socket.sent;
        """,
    ) == ["ok", "ok"]


def test_a_page_says_whether_it_is_seen(run: Any) -> None:
    assert run(
        {"lab/wire": "watch"},
        """
        const leave = watch("http://loupe.test/", "job", { connected() {} });
        const [socket] = sockets;
        const turn = (state) => {
          document.visibilityState = state;
          document.dispatchEvent(new Event("visibilitychange"));
        };
        socket.onopen();
        turn("hidden");
        turn("visible");
        leave();
        turn("hidden");
        return socket.sent;
        """,
    ) == ["visible", "hidden", "visible"]


LIVE = """
  const manifest = {
    shape: [1, 1, 1], kind: "points", latent_dim: 2, columns: 2, manifold: false,
    dials: [], take: 1, shown: [],
  };
  const raws = given.raws.map((raw) => Uint8Array.from(atob(raw), (char) => char.charCodeAt(0)).buffer);
  const opens = [];
  const picture = { width: 1, height: 1, close() {} };
  globalThis.createImageBitmap = () =>
    new Promise((done, failed) => opens.push({ done: () => done(picture), failed }));
  globalThis.OffscreenCanvas = class {
    width = 1; height = 1;
    getContext() { return { drawImage() {}, getImageData: () => ({ data: new Uint8ClampedArray(4) }) }; }
  };
  const live = new Live({ passed: async () => [] }, "job", manifest, [0.1, 16]);
"""


def raws(count: int, **header: Any) -> list[str]:
    """Frames as they lie in a file, in base64, each with a picture."""
    parts = (("mu", "float16", (2, 2), 8), ("grid.png", "png", (), 4))
    made = [Header(k, k, 1, 0.0, Dials(beta=1.0), parts=parts, **header) for k in range(count)]
    return [base64.b64encode(encode(each, bytes(12))).decode() for each in made]


def test_a_picture_that_comes_late_does_not_replace_a_newer_frame(run: Any) -> None:
    shown, missing = run(
        {"lab/live": "Live"},
        LIVE
        + """
        const shown = [];
        live.frame.subscribe((frame) => shown.push(frame.header.number));
        live.add(raws[0]);
        live.add(raws[1]);
        await later(5);
        opens[1].done();
        await later(5);
        opens[0].done();
        await later(5);
        live.add(raws[2]);
        await later(5);
        opens[2].failed(new Error("no picture"));
        await later(5);
        const { value } = live.missing;
        live.add(raws[3]);
        await later(5);
        live.dispose();
        opens.at(-1).done();
        await later(5);
        return [shown, value];
        """,
        raws=raws(4),
    )
    assert (shown, missing) == ([1], "no picture")


def test_a_closed_family_encodes_nothing_any_more(run: Any) -> None:
    counts = run(
        {"lab/family": "Family"},
        """
        const asked = [];
        globalThis.Worker = class { postMessage(request) { asked.push(request.part.file); } terminate() {} };
        const way = {
          url: "http://loupe.test/", data: { kind: "table", shape: [2] }, dim: 2, facts: { count: 0 },
          curve: [], range: [0.1, 1],
          knots: { count: 2, rows: 2, mu: new Float32Array(8), logvar: null }, knotBetas: [0.1, 1],
          maps: new Map([["z", new Float32Array(8)]]),
          encoder: { file: "encoder" }, decoder: { file: "decoder" },
          originals: { missing: "", numbers: () => arrived }, locate: () => ({ k: 0, t: 0 }), constants: 0,
          figures: () => ({ rate: 1, distortion: 2, kl: new Float32Array(2), measured: true }),
          condition: () => undefined, fed: () => undefined, label: () => "",
        };
        let arrive;
        const arrived = new Promise((done) => (arrive = done));
        const family = new Family(way);
        family.turn(0.1);
        await later(5);
        const before = asked.length;
        family.dispose();
        arrive({ data: new Float32Array(4) });
        family.turn(1);
        await later(400);
        return [before, asked.length];
        """,
    )
    assert counts == [1, 1]


def figures(**given: Any) -> dict[str, Any]:
    return {"rate": 4.0, "distortion": 20.0, "negativeElbo": 24.0, "measured": True, **given}


@pytest.mark.parametrize(
    ("moment", "source", "said"),
    [
        ({}, {}, "−ELBO 24.0 nats = distortion 20.0 + rate 4.00"),
        ({"negativeElbo": 82.8}, {}, "−ELBO 82.8 nats = distortion 20.0 + rate 4.00 + constants 58.8"),
        ({"negativeElbo": None}, {"unit": "Huber units"}, "distortion 20.0 Huber units · rate 4.00 nats"),
        ({"measured": False}, {}, "−ELBO 24.0 nats = distortion 20.0 + rate 4.00 · ≈ between two measured β"),
        ({}, {"averaged": "an estimate"}, "−ELBO 24.0 nats = distortion 20.0 + rate 4.00 · an estimate"),
    ],
)
def test_a_bound_is_claimed_where_there_is_one(run: Any, moment: Any, source: Any, said: str) -> None:
    found = run(
        {"lab/charts": "boundOf"},
        """
        const text = (node) => {
          if (Array.isArray(node)) return node.map(text).join("");
          return node?.props ? text(node.props.children) : node;
        };
        const negativeElbo = given.moment.negativeElbo ?? NaN;
        return text(boundOf({ ...given.moment, negativeElbo }, given.source));
        """,
        moment=figures(**moment),
        source={"unit": "nats", **source},
    )
    assert found == said


def test_figures_between_two_measurements_are_said_to_be(run: Any) -> None:
    curve = [
        {"beta": beta, "rate": 1.0, "distortion": 2.0, "kl_per_dimension": [1.0], "active_units": 1}
        for beta in (0.1, 1.0, 10.0)
    ]
    found = run(
        {"lab/multirate": "figuresAt"},
        "return given.betas.map((beta) => figuresAt(given.curve, beta).measured)",
        curve=curve,
        betas=[0.1, 0.5, 1.0, 2.0, 10.0],
    )
    assert found == [True, False, True, False, True]


TITLES = ("dedicated VAEs", "one model for every β")


def test_only_what_can_be_compared_shares_a_plot(run: Any) -> None:
    like = {"examples": "a", "likelihood": "bernoulli", "binarise": "threshold"}
    others = [like | {"binarise": "dynamic"}, like | {"likelihood": "mse"}, like | {"examples": "b"}]
    cards = {
        f"http://loupe.test/{way}{k}/{way}.json": card
        | {"dim": 2, "latent": {"dim": 2}, "members": [{"k": k}], "rate_distortion": [{"k": k}]}
        for way in ("scene", "sweep")
        for k, card in enumerate([*others, like])
    }
    found = run(
        {"lab/rivals": "rivalsOf", "lab/family": "basisOf"},
        """
        globalThis.fetch = async (url) => ({ ok: true, json: async () => given.cards[url] });
        const entries = (way) => [0, 1, 2, 3].map((k) => ({ url: `http://loupe.test/${way}${k}/` }));
        const entry = { multi_rate: entries("scene"), sweeps: entries("sweep") };
        const family = { dim: 2, basis: basisOf(given.like) };
        const lone = { dim: 2, basis: basisOf({ ...given.like, likelihood: "gaussian" }) };
        const before = { dim: 2, basis: basisOf({}) };
        const wide = { ...family, dim: 8 };
        const asked = [["sweep", family], ["one", family], ["one", lone],
          ["live", family], ["live", lone], ["live", before], ["live", wide]];
        return Promise.all(asked.map(([way, which]) => rivalsOf(way, entry, which)));
        """,
        cards=cards,
        like=like,
    )
    trained, rated = ({"title": title, "points": [{"k": 3}]} for title in TITLES)
    assert found == [[rated], [trained], [], [trained, rated], [], [], []]
