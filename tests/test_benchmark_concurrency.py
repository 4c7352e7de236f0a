"""The visitors of ``benchmarks.concurrency`` speak to a real Streamlit, and notice what goes wrong."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks import concurrency, visitors
from tests.browser import live

PAGES = """import streamlit as st

def good():
    st.title("good")

def bad():
    st.title("bad")
    raise ValueError("no such thing")

st.navigation([st.Page(good, url_path="good"), st.Page(bad, url_path="bad")]).run()
"""


def test_visitors_see_every_page_and_say_what_failed(tmp_path: Path) -> None:
    script = tmp_path / "pages.py"
    script.write_text(PAGES, encoding="utf-8")
    port = live.free_port()
    flags = [f"--server.port={port}", "--server.headless=true", "--browser.gatherUsageStats=false"]
    with live.serve([sys.executable, "-m", "streamlit", "run", str(script), *flags], port):
        with visitors.arrived(port, seed=1) as visitor:
            assert visitor.pages.keys() == {"", "bad"}
            assert visitor.see("") > 0  # where the first page is
            assert len(visitor.cached) > 3  # the document's own files
            visitor.cached.clear()
            visitor.http.sock.shutdown(socket.SHUT_RDWR)  # as a server does that has waited for long
            assert visitor.get("/_stcore/health") == b"ok"
            with pytest.raises(visitors.Failed, match="no such thing"):
                visitor.see("bad")
            with pytest.raises(visitors.Failed, match="404"):
                visitor.get("/media/nothing.png")
        with pytest.raises(visitors.Failed, match="no such thing"):
            concurrency.crowd(port, 1, 1, 0)
        script.write_text(PAGES.replace("    raise", "    #"), encoding="utf-8")
        found = concurrency.crowd(port, sessions=3, switches=2, think=0.01)
    assert found["errors"] == 0, found["said"]
    assert found["page_switches"] == 6
    assert 0 < found["page_switch_p50_ms"] <= found["page_switch_p95_ms"]
    assert found["memory_mb"] > 20
    with pytest.raises(LookupError):
        concurrency.memory(port)


def finished(status: int) -> bytes:
    message = ForwardMsg()
    message.script_finished = status  # type: ignore[assignment]
    return message.SerializeToString()


def test_a_run_ends_when_its_script_has_and_not_before() -> None:
    told = ForwardMsg()
    told.delta.new_element.bidi_component.bytes = b'{"canvas": "loupe/canvas/1/canvas.js"}'
    early, done = finished(ForwardMsg.FINISHED_EARLY_FOR_RERUN), finished(ForwardMsg.FINISHED_SUCCESSFULLY)
    shown = visitors.read(iter([early, told.SerializeToString(), done, b"never read"]))
    assert shown.canvas == {"canvas": "loupe/canvas/1/canvas.js"}
    with pytest.raises(visitors.Failed, match="hung up"):
        visitors.read(iter([early]))
    with pytest.raises(visitors.Failed, match="compiled"):
        visitors.read(iter([finished(ForwardMsg.FINISHED_WITH_COMPILE_ERROR)]))


def test_figures_are_in_milliseconds() -> None:
    assert concurrency.quantile([0.1, 0.2, 0.3], 0.5) == 200
    assert concurrency.quantile([], 0.5) is None
    assert concurrency.ratio(3.0, 2.0) == 1.5
    assert concurrency.ratio(3.0, None) is None


def test_it_prints_what_was_promised(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def visited(times: float, errors: int = 0) -> dict[str, Any]:
        figures = {"page_switch_p50_ms": 60.0, "page_switch_p95_ms": 200.0, "memory_per_session_mb": 0.5}
        return {name: times * each for name, each in figures.items()} | {"errors": errors, "said": {}}

    monkeypatch.setattr(sys, "argv", ["concurrency", "--json", "--sessions", "7"])
    monkeypatch.setattr(concurrency, "ours", lambda *_: visited(1.5))
    monkeypatch.setattr(concurrency, "bare", lambda *_: visited(1.0))
    concurrency.main()
    said = json.loads(capsys.readouterr().out)
    assert (said["sessions"], said["page_switch_p95_ms_ratio"], said["memory_per_session_mb_ratio"]) == (
        7,
        1.5,
        1.5,
    )
    assert [each["name"] for each in said["cases"]] == ["loupe", "streamlit"]
    assert said["cases"][0] == {"name": "loupe", **visited(1.5)}
    monkeypatch.setattr(concurrency, "ours", lambda *_: visited(1.5, errors=1))
    with pytest.raises(SystemExit):
        concurrency.main()
