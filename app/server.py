"""The server: Streamlit's app with our own routes beside it.

Started as ``streamlit run <root>/app/server.py`` with ``<root>`` on the path.

The document that a browser asks for first is Streamlit's own with four lines changed: our
title, our font in place of one that is never used, what else to fetch at once, and where the
server is. Without the last a page other than the first asks for
``/reconstruct/_stcore/health``, is told 404, and says so in the console, before it tries
``/_stcore/health``.
"""

from __future__ import annotations

import ipaddress
import re
import sys
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from aecore import jobs
from aecore.errors import UserError
from app import routes
from app.access import may_train
from app.answers import LASTING

APP = Path(__file__).parent
FONTS = APP / "static" / "fonts"
REFUSAL = (
    "Loupe answers under an address or localhost. For another name, set STREAMLIT_SERVER_ALLOWED_HOSTS to it "
    "before starting Loupe."
)
FIRST = routes.PAGES[0]  # the page at "/"
PAGES = sorted({*routes.PAGES, *(path.stem for path in (APP / "views").glob("[a-z]*.py"))} - {FIRST})
INDEX = Path(st.__file__).parent / "static" / "index.html"
FIRST_PARTS = ("BidiComponent", "Html")


def allowed(host: str, origin: str | None, names: list[str]) -> bool:
    """Whether a request may use our routes: another web page must not drive us.

    Args:
        host: The Host header, with or without a port.
        origin: The Origin header, or None where the browser sent none.
        names: Host names configured as ours (``server.allowedHosts``).

    Returns:
        True if Host is an address, localhost or one of ``names``, and Origin, where
        there is one, is the same host and port.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
        asked_by = host if origin is None else urlsplit(origin).netloc
    except ValueError:  # a bracket that is not closed
        return False
    if name != "localhost" and name not in names:
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
    return asked_by == host


class Guard:
    """An ASGI application behind :func:`allowed`: HTTP is answered 403, a WebSocket is not opened.

    Streamlit checks its own routes; around ours this one wrapper does, whatever they speak.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        answer = self.app
        if not allowed(headers.get("host", ""), headers.get("origin"), st.get_option("server.allowedHosts")):
            answer = WebSocketClose(1008) if scope["type"] == "websocket" else PlainTextResponse(REFUSAL, 403)
        await answer(scope, receive, send)


def guarded(ours: Iterable[Route | WebSocketRoute]) -> list[Route | WebSocketRoute]:
    """The same routes, each behind a :class:`Guard`."""
    found = list(ours)
    for route in found:
        route.app = Guard(route.app)
    return found


async def font(request: Request) -> FileResponse:
    """One file of the bundled Inter, cached for good: its bytes never change under a name."""
    known = {path.name: path for path in FONTS.glob("*.woff2")}
    name = request.path_params["name"]
    if name not in known:
        raise HTTPException(404, "There is no such font.")
    return FileResponse(known[name], media_type="font/woff2", headers=LASTING)


def document(html: str, parts: Iterable[str] = (), modules: Iterable[str] = ()) -> str:
    """Streamlit's first document, made ours; what is not found in it stays as it is.

    Args:
        html: Streamlit's own.
        parts: Of its frontend, to be fetched at once and not when the script has come to them.
        modules: Of ours, the same: addresses below the app's.
    """
    pages = "|".join(PAGES)
    where = f'location.origin + location.pathname.replace(/({pages})\\/?$/, "")'
    font_link = '<link rel="preload" href="./loupe/fonts/inter-latin-wght-normal.woff2" as="font"'
    html = re.sub(r'<link\s+rel="preload"\s+href="[^"]*SourceSans[^"]*"\s+as="font"', font_link, html)
    html = html.replace("<title>Streamlit</title>", "<title>Loupe</title>")
    script = f"<script>window.__streamlit = {{BACKEND_BASE_URL: {where}}}</script>"
    found = (path for part in parts for path in (INDEX.parent / "static" / "js").glob(f"{part}.*.js"))
    files = [*(f"static/js/{name}" for name in sorted(path.name for path in found)), *modules]
    links = "".join(f'<link rel="modulepreload" crossorigin href="./{file}">' for file in files)
    return html.replace("</head>", f"  {script}{links}\n  </head>", 1)


async def first(request: Request) -> HTMLResponse:
    """The document for every page of the app."""
    drawn = request.url.path.strip("/") in ("", *routes.PAGES)
    modules: list[str] = []
    with suppress(UserError):  # the page says that the canvas has not been built
        modules += [routes.canvas_url()] if drawn else []
    html = document(INDEX.read_text("utf-8"), FIRST_PARTS if drawn else (), modules)
    return HTMLResponse(html, headers={"Cache-Control": "no-cache"})


@asynccontextmanager
async def awake(_: st.App) -> AsyncIterator[None]:
    """While the server runs; as it starts, jobs that were interrupted go on, and nobody waits for that."""

    def wake() -> None:
        try:
            jobs.wake()
        except UserError as error:
            print(error, file=sys.stderr, flush=True)

    if may_train():
        threading.Thread(target=wake, daemon=True).start()
    yield


app = st.App(
    APP / "main.py",
    lifespan=awake,
    routes=guarded(
        [
            Route("/loupe/fonts/{name}", font),
            *routes.routes(),
            *(Route(path, first) for path in ("/", *(f"/{name}" for name in PAGES))),
        ]
    ),
)
