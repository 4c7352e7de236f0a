"""What a URL answers that says the same to everybody: with an ETag, compressed once, kept by browsers."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from aecore.bundles.files import sha256

LASTING = {"Cache-Control": "public, max-age=31536000, immutable"}
ASK_AGAIN = {"Cache-Control": "no-cache"}
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".gz": "application/gzip",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}
DENSE = (".gz", ".png", ".woff2")
"""Compressed already, and handed out as they are; the canvas unpacks what ends in ``.gz`` itself."""

LARGE = 2**20  # bytes


class Answer(NamedTuple):
    """A file's content, ready to be sent.

    Attributes:
        name: The file's name, whose ending says its media type.
        body: The bytes.
        packed: The same compressed by gzip; empty where that is no use.
        etag: Tells this content from any other, without quotes.
        lasting: Whether a browser may keep it without asking again.
    """

    name: str
    body: bytes
    packed: bytes
    etag: str
    lasting: bool

    @classmethod
    def of(cls, name: str, body: bytes, etag: str = "", lasting: bool = True) -> Answer:
        """The answer for a file of that name; its ETag is its sha256, where that is not known yet."""
        level = 9 if len(body) < LARGE else 1  # numbers hardly shrink further, and somebody waits
        packed = b"" if Path(name).suffix in DENSE else gzip.compress(body, level, mtime=0)
        return cls(name, body, packed, etag or sha256(body), lasting)

    @classmethod
    def json(cls, name: str, value: Any, lasting: bool = True) -> Answer:
        """The same for a JSON value."""
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return cls.of(name, text.encode(), lasting=lasting)

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return len(self.body) + len(self.packed)

    def to(self, request: Request) -> Response:
        """The response: 304 and no content where the browser has it, no content either for HEAD."""
        packed = bool(self.packed) and _takes_gzip(request.headers.get("accept-encoding", ""))
        headers = {
            **(LASTING if self.lasting else ASK_AGAIN),
            "ETag": f'"{self.etag}-gzip"' if packed else f'"{self.etag}"',
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        known = request.headers.get("if-none-match", "")
        if any(_plain(each) in ("*", self.etag, f"{self.etag}-gzip") for each in known.split(",")):
            return Response(status_code=304, headers=headers)
        body = self.packed if packed else self.body
        headers |= {"Content-Encoding": "gzip"} if packed else {}
        headers |= {
            "Content-Type": TYPES.get(Path(self.name).suffix, "application/octet-stream"),
            "Content-Length": str(len(body)),
        }
        return Response(b"" if request.method == "HEAD" else body, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding header names gzip, and not to refuse it."""
    for each in accepted.lower().split(","):
        name, _, quality = each.replace(" ", "").partition(";")
        if name == "gzip":
            return not quality or quality.removeprefix("q=").strip("0.") != ""
    return False


def _plain(etag: str) -> str:
    """An entity tag without quotes, and without the sign that it is weak."""
    return etag.strip().removeprefix("W/").strip('"')
