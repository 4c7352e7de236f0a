"""An ASGI application behind a real server, and a client that sends what it is told and changes nothing."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import uvicorn

from aecore.bundles import open_bundle
from app.scene import scene_url

Found = TypeVar("Found")


def apart(asked: Coroutine[Any, Any, Found]) -> Found:
    """What a coroutine comes to, in a thread of its own: after browser tests this one has a loop already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, asked).result()


@dataclass(frozen=True)
class Reply:
    """A response as it came over the wire: nothing is unpacked; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return json.loads(self.content)


class Client:
    """Asks the server at a port of this machine."""

    def __init__(self, port: int) -> None:
        self.host = f"localhost:{port}"
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def get(self, path: str, **headers: str) -> Reply:
        """A GET of exactly this path; ``if_none_match`` means the header If-None-Match."""
        return self.ask("GET", path, **headers)

    def ask(self, method: str, path: str, body: bytes = b"", /, **headers: str) -> Reply:
        """The same for any method, with a body where there is one."""
        length = {"content-length": str(len(body))} if body else {}
        named = (
            {"host": self.host} | length | {name.replace("_", "-"): value for name, value in headers.items()}
        )
        self._connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in named.items():
            self._connection.putheader(name, value)
        self._connection.endheaders(body or None)
        answer = self._connection.getresponse()
        content = answer.read()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)

    def close(self) -> None:
        """Hangs up."""
        self._connection.close()


@contextmanager
def served(app: Any) -> Iterator[Client]:
    """A client of ``app`` while it is served."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="websockets-sansio")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        client = Client(listening.getsockname()[1])
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            yield client
        finally:
            client.close()
            server.should_exit = True
            thread.join()


def scene(name: str = "digits/pca-5d") -> str:
    """The path of a bundle's scene."""
    return "/" + scene_url(open_bundle(name))


def is_sentence(answer: Reply, status: int, *words: str) -> None:
    """Whether a refusal is one sentence, and nothing else, which nobody keeps."""
    assert answer.status == status, answer.text
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "etag" not in answer.headers
    assert "cache-control" not in answer.headers
    assert "\n" not in answer.text
    assert all(word in answer.text for word in words), answer.text
    assert "Traceback" not in answer.text
