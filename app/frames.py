"""The frames of a job: the newest over a WebSocket while it trains, any of them over HTTP afterwards."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from aecore import jobs
from aecore.bundles.files import sha256
from aecore.errors import UserError
from aecore.jobs import Manifest, Recording, job_folder
from aecore.jobs.recording import HEAD, decode, offsets
from app import access
from app.answers import Answer
from app.jobs import asked_for, find, told
from app.kept import in_thread

TURN = 0.03  # seconds between two looks for a frame
STORE = 0.25  # between two looks for how the job is: as often as a worker says it
SEEN = 10.0  # between two times that the job is told that somebody watches
GONE = 4404  # close code: there is no such job


def routes() -> list[Route | WebSocketRoute]:
    """The routes of frames."""
    return [
        Route("/loupe/jobs/{id}/frames.json", _list),
        Route("/loupe/jobs/{id}/frames/{number:int}", _frame),
        Route("/loupe/jobs/{id}/originals.{kind}", _originals),
        WebSocketRoute("/loupe/jobs/{id}/frames", _watch),
    ]


class Passed:
    """The frames of a recording by number, each header read once.

    Args:
        folder: Of the job.
    """

    def __init__(self, folder: Path) -> None:
        self.recording = Recording(folder)
        self._lock = threading.Lock()
        self._forget("")

    def _forget(self, file: str) -> None:
        self._file = file
        self._offsets = [0]
        self._said: list[dict[str, Any]] = []
        self._spans: list[tuple[int, int]] = []

    def list(self) -> list[dict[str, Any]]:
        """What is needed to scrub: number, step, β as it was, rate and distortion of each, oldest first."""
        with self._lock:
            self._read()
            return list(self._said)

    def raw(self, number: int) -> bytes | None:
        """A frame as it lies in the file; None if there is none of that number, or it is damaged."""
        with self._lock:
            self._read()
            place = bisect_left(self._said, number, key=lambda said: int(said["number"]))
            if place == len(self._said) or self._said[place]["number"] != number:
                return None
            start, end = self._spans[place]
            try:
                with (self.recording.folder / self._file).open("rb") as file:
                    file.seek(start)
                    raw = file.read(end - start)
            except OSError:  # a new generation has just taken its place
                return None
            return raw if decode(raw) else None

    def _read(self) -> None:
        manifest = self.recording.manifest
        current = manifest.file if manifest else ""
        if current != self._file:
            self._forget(current)
        if not current:
            return
        path = self.recording.folder / self._file
        known = len(self._offsets)
        self._offsets = offsets(path, self._offsets)
        with suppress(OSError), path.open("rb") as file:
            for start, end in pairwise(self._offsets[known - 1 :]):
                file.seek(start)
                with suppress(ValueError, KeyError, TypeError):  # damaged
                    self._said.append(_summary(file.read(HEAD.unpack(file.read(HEAD.size))[1])))
                    self._spans.append((start, end))


def _summary(text: bytes) -> dict[str, Any]:
    header = json.loads(text)
    dials = header["dials"]
    return {
        "number": int(header["number"]),
        "step": header["step"],
        "beta": dials["beta"] if dials["beta_now"] is None else dials["beta_now"],
        "rate": header["rate"],
        "distortion": header["distortion"],
    }


@lru_cache(maxsize=32)
def _passed(folder: Path) -> Passed:
    return Passed(folder)


async def _list(request: Request) -> Response:
    job = await asked_for(request)
    said = await in_thread(_passed(job_folder(job.id)).list)
    return Answer.json("frames.json", said, lasting=False).to(request)


async def _frame(request: Request) -> Response:
    job = await asked_for(request)
    raw = await in_thread(_passed(job_folder(job.id)).raw, int(request.path_params["number"]))
    if raw is None:
        raise HTTPException(404, "There is no such frame: a recording that grows long drops every other one.")
    return Answer("frame", raw, b"", sha256(raw), lasting=True).to(request)


async def _originals(request: Request) -> Response:
    job, file = await asked_for(request), f"originals.{request.path_params['kind']}"
    recording = Recording(job_folder(job.id))
    found = await in_thread(lambda: recording.originals)
    if not found or not recording.manifest or recording.manifest.originals != file:
        raise HTTPException(404, f"This job has no {file}, or none yet.")
    return Answer.of(file, found, lasting=False).to(request)


class Gone(Exception):
    """The job is not there any more."""


class View:
    """What one watcher has been told of a job; used by one thread at a time.

    Args:
        id: The job's.
        counts: Whether a live job goes on because of them.
    """

    def __init__(self, id: str, counts: bool = True) -> None:  # noqa: A002 (as in the address)
        self.id, self.counts, self.recording = id, counts, Recording(job_folder(id))
        self.job = ""
        self.manifest: Manifest | None = None
        self.count, self.number = 0, -1
        self.look = self.say = 0.0
        self.visible = True  # until they say otherwise

    def news(self, free: bool) -> Iterator[str | bytes]:
        """What has changed: job and manifest as JSON, and the newest frame if the watcher is ``free`` for it.

        Raises:
            Gone: If the job is not there any more.
        """
        now = time.monotonic()
        if now >= self.look:
            self.look = now + STORE
            with suppress(UserError):  # the store cannot be read now: later
                found = find(self.id)
                if not found:
                    raise Gone
                if self.counts and self.visible and now >= self.say:
                    self.say = now + SEEN
                    jobs.watched(self.id)
                    if found.state == "interrupted":
                        jobs.wake()
                said = json.dumps({"job": told(found)})
                if said != self.job:
                    self.job = said
                    yield said
        manifest = self.recording.manifest
        if manifest and manifest is not self.manifest:
            self.manifest, self.count = manifest, 0
            yield json.dumps({"manifest": asdict(manifest)})
        count = len(self.recording)
        if free and count != self.count:
            frame = self.recording.latest(self.number)
            if self.recording.manifest is not self.manifest:
                return  # it may be of another take: with the next news
            self.count = count
            if frame:
                self.number = frame.header.number
                yield frame.raw


async def _watch(socket: WebSocket) -> None:
    """Tells a watcher what happens until it leaves; who is slow misses frames, and never the newest."""
    await socket.accept()
    counts = False
    with suppress(UserError):  # the settings cannot be read: nobody counts
        counts = not access.read_only() and access.admitted(socket)
    view, free = View(str(socket.path_params["id"]), counts), asyncio.Event()
    free.set()
    leaves = asyncio.create_task(_listen(socket, view, free))
    try:
        while not leaves.done():
            for said in await in_thread(lambda: list(view.news(free.is_set()))):
                if isinstance(said, str):
                    await socket.send_text(said)
                else:
                    free.clear()
                    await socket.send_bytes(said)
            await asyncio.wait([leaves], timeout=TURN)
    except Gone:
        await socket.close(GONE, "There is no such job: it may have been removed.")
    except WebSocketDisconnect:
        pass
    finally:
        leaves.cancel()


async def _listen(socket: WebSocket, view: View, free: asyncio.Event) -> None:
    """Notes that the watcher is done with a frame, and whether the page is seen, until it leaves."""
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        match message.get("text"):
            case "ok":
                free.set()
            case "visible" | "hidden" as said:
                view.visible = said == "visible"
