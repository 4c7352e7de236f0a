"""Somebody who has a Streamlit app open: a browser's requests and messages, and nobody who draws them.

A visitor fetches the document and what it names, opens ``/_stcore/stream``, and from then on clicks on pages:
``rerun_script`` with a page's hash, until ``script_finished``. Where the page is one of Loupe's canvas, what
the canvas fetches for it is fetched too, each file once a visit as in a browser's cache. On Train that is
what the form is made of and what it asks at once, but not how long a training takes, which comes when the
page stands. On the β lab the frames of a job are watched over our own WebSocket.
"""

from __future__ import annotations

import gzip
import http.client
import json
import random
import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

PATIENCE = 120.0  # seconds that an answer may take
SHARED = ("codes.safetensors", "originals.json", "encoder.onnx", "decoder.onnx")
PARTS = ("scene.json", *SHARED)
SWEEP = ("sweep.json", *SHARED, "weights.safetensors")
TOKEN = "v" * 64
FRAMES = 3  # that are watched of a job
LARGEST = 2**28  # bytes of a message
Connecting = AbstractContextManager[ClientConnection]
NAMED = re.compile(r"""(?:src|href)="\.?(/?(?:static|app|loupe)/[^"]+)\"""")


class Failed(Exception):
    """An answer that was none."""


@dataclass
class Shown:
    """What a run of the script has said.

    Attributes:
        pages: Hash of each page of the router by its path.
        canvas: What Loupe's canvas was told, or empty.
    """

    pages: dict[str, str] = field(default_factory=dict)
    canvas: dict[str, Any] = field(default_factory=dict)


def read(messages: Iterator[bytes]) -> Shown:
    """A run of the script, to its end.

    Args:
        messages: As they come.

    Raises:
        Failed: If the script fails, or shows an exception.
    """
    shown = Shown()
    for raw in messages:
        message = ForwardMsg.FromString(raw)
        kind = message.WhichOneof("type")
        if kind == "navigation":
            shown.pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "exception":
                raise Failed(f"{element.exception.type}: {element.exception.message}")
            if element.WhichOneof("type") == "bidi_component":
                component = element.bidi_component
                told = json.loads(component.bytes or component.json or component.mixed.json or "{}")
                if isinstance(told, dict) and "canvas" in told:
                    shown.canvas = told
        elif kind == "script_finished":
            if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                continue
            if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                raise Failed("the script cannot be compiled")
            return shown
        elif kind == "page_not_found":
            raise Failed("there is no such page")
    raise Failed("the server has hung up")


class Visitor:
    """One session.

    Args:
        port: Of the app, on this machine.
        seed: What is clicked on, and when.
        job: Id of a job whose frames are watched on the β lab; empty for none.

    Attributes:
        bundle: Id of what is looked at; empty for what a page shows by itself.
    """

    def __init__(self, port: int, seed: int, job: str = "") -> None:
        self.bundle = ""
        self.port, self.job, self.random = port, job, random.Random(seed)
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.cached: set[str] = set()
        self.open = ExitStack()
        self.socket: ClientConnection | None = None
        self.pages: dict[str, str] = {}

    def get(self, path: str, lasting: bool = True) -> bytes:
        """A file, from the server unless it is kept from before.

        Raises:
            Failed: If there is none.
        """
        if path in self.cached:
            return b""
        content = self._ask(path, {"Accept-Encoding": "gzip, br"})
        if lasting:
            self.cached.add(path)
        return content

    def arrive(self) -> float:
        """Opens the app; seconds until its first page stands."""
        started = time.perf_counter()
        document = self._ask("/", {})  # as it is: what it names is read from it
        for path in NAMED.findall(document.decode(errors="replace")):
            self.get(path if path.startswith("/") else f"/{path}")
        for path in ("/_stcore/health", "/_stcore/host-config"):
            self.get(path)
        self.socket = self.open.enter_context(self._connect("/_stcore/stream", [Subprotocol("streamlit")]))
        shown = self._run("")
        self.pages = shown.pages
        self._draw(shown)
        return time.perf_counter() - started

    def switch(self) -> float:
        """Clicks on any page; seconds as ``see`` has them."""
        return self.see(self.random.choice(sorted(self.pages)))

    def see(self, page: str) -> float:
        """Clicks on a page; seconds until its script has run and all is there that it draws."""
        started = time.perf_counter()
        self._draw(self._run(self.pages[page]))
        seconds = time.perf_counter() - started
        if self.job and page == "beta":
            self.watch()
        return seconds

    def watch(self) -> None:
        """Looks at a job's newest frame, and at some more if there are any."""
        with self._connect(f"/loupe/jobs/{self.job}/frames") as socket:
            frames = 0
            while frames < FRAMES:
                try:
                    said = socket.recv(timeout=2 if frames else PATIENCE)
                except TimeoutError:
                    if not frames:
                        raise
                    return  # nothing is trained any more
                if isinstance(said, bytes):
                    frames += 1
                    socket.send("ok")

    def leave(self) -> None:
        """Closes the tab."""
        self.open.close()
        self.http.close()

    def _ask(self, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
        try:
            status, content = self._once(path, headers, body)
        except ConnectionError:  # the server hangs up on who has asked nothing for a while
            self.http.close()
            status, content = self._once(path, headers, body)
        if status >= 400:
            raise Failed(f"{'POST' if body else 'GET'} {path.rpartition('/')[2] or path}: {status}")
        return content

    def _once(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        self.http.request("POST" if body else "GET", path, body or None, headers)
        answer = self.http.getresponse()
        return answer.status, answer.read()

    def _connect(self, path: str, protocols: list[Subprotocol] | None = None) -> Connecting:
        here = f"127.0.0.1:{self.port}"
        return connect(
            f"ws://{here}{path}",
            origin=Origin(f"http://{here}"),
            subprotocols=protocols,
            max_size=LARGEST,
            open_timeout=PATIENCE,
            ping_interval=None,  # no browser does
        )

    def _run(self, page: str) -> Shown:
        assert self.socket
        asked = BackMsg()
        asked.rerun_script.query_string = urlencode({"bundle": self.bundle}) if self.bundle else ""
        asked.rerun_script.page_script_hash = page
        self.socket.send(asked.SerializeToString())
        return read(self._messages())

    def _messages(self) -> Iterator[bytes]:
        assert self.socket
        while True:
            said = self.socket.recv(timeout=PATIENCE)
            yield said if isinstance(said, bytes) else said.encode()

    def _draw(self, shown: Shown) -> None:
        if not shown.canvas:
            return
        host = shown.canvas["host"]
        self.get(f"/{shown.canvas['canvas']}")
        if host["page"] == "train":
            self._fill_in(f"/{host['lab'].rpartition('/')[0]}/")
            return
        if host["page"] == "beta":
            self._turn(self._read(f"/{host['lab']}"))
            return
        scene = next(each["url"] for each in host["shelf"] if each["id"] == host["bundle"])
        for part in PARTS:
            self.get(f"/{scene}{part}")

    def _read(self, path: str) -> dict[str, Any]:
        """What a page goes by."""
        content = self.get(path, lasting=False)
        packed = content.startswith(b"\x1f\x8b")
        found: dict[str, Any] = json.loads(gzip.decompress(content) if packed else content)
        return found

    def _turn(self, lab: dict[str, Any]) -> None:
        """The β lab: what is turned of the first data set."""
        first = lab["data"][0] if lab["data"] else {"sweeps": [], "multi_rate": []}
        for ways, parts in ((first["sweeps"], SWEEP), (first["multi_rate"], PARTS)):
            if ways:
                for part in parts:
                    self.get(f"/{ways[0]['url']}{part}")
                return

    def _fill_in(self, base: str) -> None:
        """The Train page: its form as it is by default."""
        overview = self._read(f"{base}train.json")
        self.get(f"{base}jobs.json", lasting=False)
        there = [each["name"] for each in overview["data"] if not each["why_missing"]]
        data = "digits" if "digits" in there else there[0]
        self.get(f"{base}train/{data}.json", lasting=False)
        self.get(f"{base}train/{data}/vae.json?", lasting=False)
        asked: dict[str, Any] = {"variant": "vae", "data": data, "options": {}}
        self._ask(f"{base}train/size", {"Content-Type": "application/json"}, json.dumps(asked).encode())
        if overview["train"] and overview["admitted"]:
            self._ask(f"{base}train/devices.json", {"Authorization": f"Bearer {TOKEN}"})


@contextmanager
def arrived(port: int, seed: int, job: str = "") -> Iterator[Visitor]:
    """A visitor who is there, and leaves at the end."""
    visitor = Visitor(port, seed, job)
    try:
        visitor.arrive()
        yield visitor
    finally:
        visitor.leave()
