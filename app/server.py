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
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse
from starlette.routing import Route

APP = Path(__file__).parent
FONTS = APP / "static" / "fonts"
REFUSAL = (
    "Loupe answers under an address or localhost. For another name, set STREAMLIT_SERVER_ALLOWED_HOSTS to it "
    "before starting Loupe."
)
FIRST = "map"  # the page at "/"
PAGES = sorted({path.stem for path in (APP / "views").glob("[a-z]*.py")} - {FIRST})
INDEX = Path(st.__file__).parent / "static" / "index.html"
FIRST_PARTS = ("Html", "Selectbox", "ButtonGroup", "Slider", "PlotlyChart")
IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}


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


def guard(request: Request) -> None:
    """Refuse a request that :func:`allowed` does not allow.

    Raises:
        HTTPException: 403, in one sentence.
    """
    headers = request.headers
    if not allowed(headers.get("host", ""), headers.get("origin"), st.get_option("server.allowedHosts")):
        raise HTTPException(403, REFUSAL)


async def font(request: Request) -> FileResponse:
    """One file of the bundled Inter, cached for good: its bytes never change under a name."""
    guard(request)
    known = {path.name: path for path in FONTS.glob("*.woff2")}
    name = request.path_params["name"]
    if name not in known:
        raise HTTPException(404, "There is no such font.")
    return FileResponse(known[name], media_type="font/woff2", headers=IMMUTABLE)


def document(html: str, parts: Iterable[str] = ()) -> str:
    """Streamlit's first document, made ours; what is not found in it stays as it is.

    Args:
        html: Streamlit's own.
        parts: Of its frontend, to be fetched at once and not when the script has come to them.
    """
    pages = "|".join(PAGES)
    where = f'location.origin + location.pathname.replace(/({pages})\\/?$/, "")'
    font_link = '<link rel="preload" href="./loupe/fonts/inter-latin-wght-normal.woff2" as="font"'
    html = re.sub(r'<link\s+rel="preload"\s+href="[^"]*SourceSans[^"]*"\s+as="font"', font_link, html)
    html = html.replace("<title>Streamlit</title>", "<title>Loupe</title>")
    script = f"<script>window.__streamlit = {{BACKEND_BASE_URL: {where}}}</script>"
    files = sorted(
        path.name for part in parts for path in (INDEX.parent / "static" / "js").glob(f"{part}.*.js")
    )
    links = "".join(f'<link rel="modulepreload" crossorigin href="./static/js/{name}">' for name in files)
    return html.replace("</head>", f"  {script}{links}\n  </head>", 1)


async def first(request: Request) -> HTMLResponse:
    """The document for every page of the app."""
    guard(request)
    parts = FIRST_PARTS if request.url.path == "/" else ()
    return HTMLResponse(document(INDEX.read_text("utf-8"), parts), headers={"Cache-Control": "no-cache"})


app = st.App(
    APP / "main.py",
    routes=[
        Route("/loupe/fonts/{name}", font),
        *(Route(path, first) for path in ("/", *(f"/{name}" for name in PAGES))),
    ],
)
