"""Our own routes, beside Streamlit's: the canvas, scenes of bundles and sweeps, and jobs.

A URL says which version it means, so that a browser keeps for good what it has fetched. What
takes a while (data sets, PNG, compression) happens in threads, once for all who ask.
"""

from __future__ import annotations

import os
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from aecore.bundles.files import digest, sha256
from aecore.errors import UserError
from aecore.scenes.views import PAGES as OF_A_BUNDLE
from app import bundles, frames, jobs, lab, scene, train
from app.answers import Answer
from app.kept import answers, in_thread

PAGES = (*OF_A_BUNDLE, "beta", "train")
"""The pages that the canvas draws, by the last part of their address; the first is at ``/`` too."""

DIST = Path(os.environ.get("LOUPE_CANVAS") or Path(__file__).parent / "canvas" / "dist")
"""The built canvas; ``$LOUPE_CANVAS`` is another one, to try it."""


def canvas_url(file: str = "canvas.js", dist: Path = DIST) -> str:
    """Where a file of the canvas is, below the app's own address; its others are beside it.

    Raises:
        UserError: If it has not been built.
    """
    return f"loupe/canvas/{_version(dist)}/{file}"


def routes(dist: Path = DIST) -> list[Route | WebSocketRoute]:
    """Every route below ``/loupe`` but the fonts'; the last refuses what no other knows.

    Args:
        dist: The built canvas.
    """

    async def canvas(request: Request) -> Response:
        return (await _canvas(dist, request.path_params["version"], request.path_params["file"])).to(request)

    return [
        *scene.routes(),
        *lab.routes(),
        *jobs.routes(),
        *frames.routes(),
        *train.routes(),
        *bundles.routes(),
        Route("/loupe/canvas/{version}/{file}", canvas),
        Route("/loupe/{rest:path}", _nothing),
    ]


async def _nothing(request: Request) -> Response:
    raise HTTPException(404, "There is nothing at this address.")


async def _canvas(dist: Path, version: str, file: str) -> Answer:
    """A file of the built canvas."""
    try:
        current = await in_thread(_version, dist)
    except UserError as error:
        raise HTTPException(404, str(error)) from None
    if version != current:
        raise HTTPException(410, "The canvas has been replaced: reload the page.")
    known = {path.name: path for path in dist.iterdir() if path.is_file()}
    if file not in known:
        raise HTTPException(404, "The canvas has no such file.")
    return await answers.get((dist, version, file), lambda: Answer.of(file, known[file].read_bytes()))


def _version(dist: Path) -> str:
    """Sixteen digits that change with any file of the canvas."""
    try:
        files = sorted(path for path in dist.iterdir() if path.is_file())
        lines = [f"{path.name} {digest(path)}\n" for path in files]
    except OSError:
        lines = []
    if not lines:
        raise UserError("The canvas has not been built: run `make canvas`.")
    return sha256("".join(lines).encode())[:16]
