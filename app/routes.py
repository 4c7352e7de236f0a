"""Our own bytes, beside Streamlit's: the canvas, and the scenes of bundles.

A URL says which version it means, so that a browser keeps for good what it has fetched. What
takes a while (data sets, PNG, compression) happens in threads, once for all who ask.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aecore import scenes
from aecore.bundles import Bundle, open_bundle
from aecore.bundles.files import digest, sha256
from aecore.bundles.reader import is_name
from aecore.errors import BundleError, UserError
from app.answers import Answer
from app.kept import Kept, in_thread

PAGES = ("map", "reconstruct", "traverse", "interpolate", "sample", "draw", "compare")
"""The pages that the canvas draws, by the last part of their address; the first is at ``/`` too."""

DIST = Path(__file__).parent / "canvas" / "dist"
TILE = re.compile(r"originals-(0|[1-9][0-9]{0,5})\.png")
OPEN = 8  # bundles whose codes stay read

answers: Kept[Answer] = Kept(256 * 2**20, lambda each: each.size)
atlases: Kept[scenes.Atlas] = Kept(256 * 2**20, lambda each: each.pixels.nbytes)
_opened: OrderedDict[str, Bundle] = OrderedDict()
_opening = threading.Lock()


def scene_url(bundle: Bundle) -> str:
    """Where the scene of a bundle is, below the app's own address; it ends with a slash."""
    return f"loupe/bundles/{bundle.id}/{scenes.key(bundle)}/"


def canvas_url(file: str = "canvas.js", dist: Path = DIST) -> str:
    """Where a file of the canvas is, below the app's own address; its others are beside it.

    Raises:
        UserError: If it has not been built.
    """
    return f"loupe/canvas/{_version(dist)}/{file}"


def routes(dist: Path = DIST) -> list[Route]:
    """Every route below ``/loupe`` but the fonts'; the last refuses what no other knows.

    Args:
        dist: The built canvas.
    """

    async def canvas(request: Request) -> Response:
        return (await _canvas(dist, request.path_params["version"], request.path_params["file"])).to(request)

    return [
        Route("/loupe/bundles/{data}/{name}/{key}/{file}", _scene),
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


async def _scene(request: Request) -> Response:
    """A file of a bundle's scene."""
    data, name, key, file = (str(request.path_params[each]) for each in ("data", "name", "key", "file"))
    if not all(map(is_name, (data, name, file))):
        raise HTTPException(404, "There is no such bundle or file.")
    try:
        bundle = await in_thread(_open, f"{data}/{name}")
    except BundleError as error:
        raise HTTPException(422, str(error)) from None
    except UserError:  # it would name them all
        raise HTTPException(404, f"There is no bundle called {data}/{name}.") from None
    if key != scenes.key(bundle):
        raise HTTPException(410, f"{bundle.id} has been replaced: reload the page.")
    try:
        found = await _part(bundle, file)
    except UserError as error:
        raise HTTPException(422, str(error)) from None
    return found.to(request)


def _open(name: str) -> Bundle:
    """The bundle of that id: while its card is the same the object of before, with the codes it has read."""
    bundle = open_bundle(name)
    with _opening:
        kept = _opened.pop(name, bundle)
        _opened[name] = kept = kept if kept == bundle else bundle
        if len(_opened) > OPEN:
            _opened.popitem(last=False)
    return kept


async def _part(bundle: Bundle, file: str) -> Answer:
    """A file of a scene.

    Raises:
        HTTPException: If a scene has no such file.
        UserError: If the bundle is damaged.
    """
    image = bundle.card.data.kind == "image"
    if file == "originals.json" or (TILE.fullmatch(file) if image else file == scenes.NUMBERS):
        return await (_originals if image else _examples)(bundle, file)
    make: dict[str, Callable[[], Answer]] = {
        "scene.json": lambda: Answer.json(file, scenes.describe(bundle)),
        "codes.safetensors": lambda: Answer.of(file, scenes.codes(bundle)),
        "mixture.safetensors": lambda: Answer.of(file, scenes.mixture(bundle)),
    }
    for own in scenes.own_files(bundle):
        make[own] = lambda: Answer.of(file, bundle.read(file), bundle.card.files[file])
    if file not in make:
        raise HTTPException(404, "A scene has no such file.")
    return await answers.get((bundle.path, bundle.card.digest, file), make[file])


async def _examples(bundle: Bundle, file: str) -> Answer:
    """``originals.json`` or the examples behind the codes as numbers, where they are no images."""
    about = await in_thread(scenes.originals_key, bundle)
    try:
        numbers = await answers.get(
            (about, scenes.NUMBERS), lambda: Answer.of(scenes.NUMBERS, scenes.originals(bundle).numbers())
        )
    except BundleError:
        raise
    except UserError as missing:
        return _not_here(file, missing)
    return numbers if file == scenes.NUMBERS else Answer.json(file, {"file": scenes.NUMBERS})


def _not_here(file: str, missing: UserError) -> Answer:
    """Why there are no originals; kept by nobody: the data may be fetched in the meantime."""
    if file == "originals.json":
        return Answer.json(file, {"missing": str(missing)}, lasting=False)
    raise HTTPException(404, str(missing)) from None


async def _originals(bundle: Bundle, file: str) -> Answer:
    """``originals.json`` or a tile, shared by all bundles that have these examples behind their codes."""
    about = await in_thread(scenes.originals_key, bundle)
    try:
        atlas = await atlases.get(about, lambda: scenes.atlas(bundle))
    except BundleError:
        raise
    except UserError as missing:
        return _not_here(file, missing)
    tile = TILE.fullmatch(file)
    if not tile:
        return Answer.json(file, atlas.describe())
    if int(tile[1]) >= len(atlas):
        raise HTTPException(404, "The atlas of the originals has no such tile.")
    return await answers.get((about, file), lambda: Answer.of(file, atlas.tile(int(tile[1]))))
