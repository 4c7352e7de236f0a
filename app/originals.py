"""The examples behind codes, shared by all bundles and sweeps that have the same ones behind theirs."""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException

from aecore import scenes
from aecore.bundles import Bundle
from aecore.errors import BundleError, UserError
from aecore.sweeps import Sweep
from app.answers import Answer
from app.kept import Kept, answers, in_thread

LIST = "originals.json"
TILE = re.compile(r"originals-(0|[1-9][0-9]{0,5})\.png")

atlases: Kept[scenes.Atlas] = Kept(256 * 2**20, lambda each: each.pixels.nbytes)


def is_one(found: Bundle | Sweep, file: str) -> bool:
    """Whether a file of a scene is of its originals."""
    image = found.card.data.kind == "image"
    return file == LIST or bool(TILE.fullmatch(file) if image else file == scenes.NUMBERS)


async def answer(found: Bundle | Sweep, file: str) -> Answer:
    """``originals.json``, a tile, or the examples as numbers where they are no images.

    Raises:
        HTTPException: If there is no such file.
        UserError: If the codes are damaged.
    """
    return await (_tiles if found.card.data.kind == "image" else _numbers)(found, file)


async def _tiles(found: Bundle | Sweep, file: str) -> Answer:
    about = await in_thread(scenes.originals_key, found)
    try:
        atlas = await atlases.get(about, lambda: scenes.atlas(found))
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


async def _numbers(found: Bundle | Sweep, file: str) -> Answer:
    about = await in_thread(scenes.originals_key, found)
    try:
        numbers = await answers.get(
            (about, scenes.NUMBERS), lambda: Answer.of(scenes.NUMBERS, scenes.originals(found).numbers())
        )
    except BundleError:
        raise
    except UserError as missing:
        return _not_here(file, missing)
    return numbers if file == scenes.NUMBERS else Answer.json(file, {"file": scenes.NUMBERS})


def _not_here(file: str, missing: UserError) -> Answer:
    """Why there are no originals; kept by nobody: the data may be fetched in the meantime."""
    if file == LIST:
        return Answer.json(file, {"missing": str(missing)}, lasting=False)
    raise HTTPException(404, str(missing)) from None
