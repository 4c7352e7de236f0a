"""Scenes of bundles and of sweeps, each file made when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aecore import scenes
from aecore.bundles import Bundle, open_bundle
from aecore.bundles.reader import is_name
from aecore.errors import BundleError, UserError
from aecore.scenes import sweep as of_sweep
from aecore.sweeps import Sweep, open_sweep
from app import originals
from app.answers import Answer
from app.kept import Opened, answers, in_thread

Found = TypeVar("Found", Bundle, Sweep)

_bundles, _sweeps = Opened(open_bundle), Opened(open_sweep)


def scene_url(found: Bundle | Sweep) -> str:
    """Where the scene of a bundle or of a sweep is, below the app's own address; it ends with a slash."""
    if isinstance(found, Sweep):
        return f"loupe/sweeps/{found.id}/{of_sweep.key(found)}/"
    return f"loupe/bundles/{found.id}/{scenes.key(found)}/"


def routes() -> list[Route]:
    """The scenes' routes."""
    return [
        Route("/loupe/bundles/{data}/{name}/{key}/{file}", _bundle),
        Route("/loupe/sweeps/{data}/{name}/{key}/{file}", _sweep),
    ]


async def _bundle(request: Request) -> Response:
    return await _file(request, "bundle", _bundles, scenes.key, _of_bundle)


async def _sweep(request: Request) -> Response:
    return await _file(request, "sweep", _sweeps, of_sweep.key, _of_sweep)


async def _file(
    request: Request,
    what: str,
    opened: Opened[Found],
    key: Callable[[Found], str],
    files: Callable[[Found, str], dict[str, Callable[[], Answer]]],
) -> Response:
    """A file of a scene: ``files`` says how each is made, given the scene's owner and the name asked for."""
    data, name, version, file = (str(request.path_params[each]) for each in ("data", "name", "key", "file"))
    if not all(map(is_name, (data, name, file))):
        raise HTTPException(404, f"There is no such {what} or file.")
    try:
        found = await in_thread(opened.get, f"{data}/{name}")
    except BundleError as error:
        raise HTTPException(422, str(error)) from None
    except UserError:  # it would name them all
        raise HTTPException(404, f"There is no {what} called {data}/{name}.") from None
    if version != key(found):
        raise HTTPException(410, f"{found.id} has been replaced: reload the page.")
    try:
        if originals.is_one(found, file):
            answer = await originals.answer(found, file)
        elif make := files(found, file).get(file):
            answer = await answers.get((found.path, found.card.digest, file), make)
        else:
            raise HTTPException(404, "A scene has no such file.")
    except UserError as error:
        raise HTTPException(422, str(error)) from None
    return answer.to(request)


def _of_bundle(bundle: Bundle, file: str) -> dict[str, Callable[[], Answer]]:
    made: dict[str, Callable[[], Answer]] = {
        "scene.json": lambda: Answer.json(file, scenes.describe(bundle)),
        "codes.safetensors": lambda: Answer.of(file, scenes.codes(bundle)),
        "mixture.safetensors": lambda: Answer.of(file, scenes.mixture(bundle)),
    }
    return made | dict.fromkeys(scenes.own_files(bundle), lambda: _own(bundle, file))


def _of_sweep(sweep: Sweep, file: str) -> dict[str, Callable[[], Answer]]:
    made: dict[str, Callable[[], Answer]] = {
        "sweep.json": lambda: Answer.json(file, of_sweep.describe(sweep))
    }
    return made | dict.fromkeys(of_sweep.own_files(sweep), lambda: _own(sweep, file))


def _own(found: Bundle | Sweep, file: str) -> Answer:
    return Answer.of(file, found.read(file), found.card.files[file])
