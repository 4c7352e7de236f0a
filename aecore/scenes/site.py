"""A static site: the canvas and the scenes of some bundles and sweeps, for any web server."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from aecore.bundles import Bundle, DataCard
from aecore.errors import UserError
from aecore.places import shipped_root
from aecore.scenes import sweep as of_sweep
from aecore.scenes.arrays import codes, mixture
from aecore.scenes.atlas import Atlas
from aecore.scenes.folders import whole
from aecore.scenes.images import NUMBERS, originals
from aecore.scenes.lab import describe_lab
from aecore.scenes.scene import describe, examples, own_files, titles
from aecore.sweeps import Sweep

GENERATOR = "aecore site"
ENTRY = "canvas.js"

INDEX = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="{generator}">
<title>{title}</title>
<link rel="icon" href="icon.svg">
<style>
:root {{ color-scheme: light dark; }}
{fonts}
</style>
</head>
<body>
<noscript>These latent spaces are explored with JavaScript: switch it on for this page.</noscript>
<script type="module">
import {{ site }} from "./canvas/{entry}";
site(document.body);
</script>
</body>
</html>
"""


def app_folder() -> Path:
    """Where the app is: beside the shipped bundles."""
    return shipped_root().parent / "app"


def canvas_folder() -> Path:
    """Where the canvas is that the app shows, built."""
    return app_folder() / "canvas" / "dist"


def font_faces(app: Path) -> str:
    """The app's typeface as a style sheet whose files lie in ``fonts/``."""
    faces = tomllib.loads((app / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]["fontFaces"]
    return "\n".join(
        f"@font-face {{ font-family: {face['family']}; font-weight: {face['weight']}; "
        f"font-style: {face['style']}; font-display: swap; unicode-range: {face['unicodeRange']}; "
        f"src: url('fonts/{Path(face['url']).name}') format('woff2'); }}"
        for face in faces
    )


def write_site(
    bundles: Sequence[Bundle],
    out: Path,
    canvas: Path | None = None,
    listen: Callable[[str, str], None] = lambda *_: None,
    sweeps: Sequence[Sweep] = (),
) -> None:
    """Write a web page that shows some bundles without Python; an earlier one in its place is replaced.

    Args:
        bundles: Which, in the order of the page's list.
        out: The folder to write.
        canvas: The built canvas; None for the app's.
        listen: Is told the id of each bundle or sweep that is written, and why its examples are missing
            where they are.
        sweeps: For the β lab, which shows the multi-rate ones of the bundles too.

    Raises:
        UserError: If there is no bundle, no canvas, something else in ``out``, or no room.
            Nothing has changed then.
    """
    app = app_folder()
    canvas = canvas or canvas_folder()
    if not bundles:
        raise UserError("A site shows at least one bundle: name one, as in digits/vae-2d.")
    if not (canvas / ENTRY).is_file():
        raise UserError(
            "The canvas has not been built: run `make canvas` in the checkout, or install the wheel."
        )
    chosen = list({each.id: each for each in bundles}.values())
    swept = list({each.id: each for each in sweeps}.values())
    with whole(out, _is_site) as folder:
        shutil.copytree(canvas, folder / "canvas", copy_function=shutil.copyfile)
        for bundle in chosen:
            listen(bundle.id, _write_scene(bundle, folder / _url(bundle)))
        for sweep in swept:
            listen(sweep.id, _write_sweep(sweep, folder / _url(sweep)))
        shown = [*(each.card.data for each in chosen), *(each.card.data for each in swept)]
        cards = {each.name: each for each in shown}.values()
        names = ", ".join(each.title for each in cards)
        page = INDEX.format(
            generator=GENERATOR,
            title=escape(f"Latent spaces of {names}"),
            fonts=font_faces(app),
            entry=ENTRY,
        )
        shutil.copytree(app / "static" / "fonts", folder / "fonts", copy_function=shutil.copyfile)
        shutil.copyfile(app / "static" / "icon.svg", folder / "icon.svg")
        (folder / "index.html").write_text(page, "utf-8")
        (folder / "LICENSES.txt").write_text(_licences(cards), "utf-8")
        _write_json(folder / "site.json", {"generator": GENERATOR, "bundles": entries(chosen)})
        _write_json(folder / "lab.json", describe_lab(swept, chosen, _url))


def _write_scene(bundle: Bundle, folder: Path) -> str:
    """Writes a bundle's scene; returns why its examples are missing, or nothing."""
    folder.mkdir(parents=True)
    _write_json(folder / "scene.json", describe(bundle))
    (folder / "codes.safetensors").write_bytes(codes(bundle))
    (folder / "mixture.safetensors").write_bytes(mixture(bundle))
    for file in own_files(bundle):
        (folder / file).write_bytes(bundle.read(file))
    return _write_originals(bundle, folder)


def _write_sweep(sweep: Sweep, folder: Path) -> str:
    """Writes what a browser gets of a sweep; returns why its examples are missing, or nothing."""
    folder.mkdir(parents=True)
    _write_json(folder / "sweep.json", of_sweep.describe(sweep))
    for file in of_sweep.own_files(sweep):
        (folder / file).write_bytes(sweep.read(file))
    return _write_originals(sweep, folder)


def _write_originals(found: Bundle | Sweep, folder: Path) -> str:
    try:
        if found.card.data.kind != "image":
            (folder / NUMBERS).write_bytes(originals(found).numbers())
            _write_json(folder / "originals.json", {"file": NUMBERS})
            return ""
        atlas = Atlas.behind(originals(found), found.card.data.values)
    except UserError as missing:
        _write_json(folder / "originals.json", {"missing": str(missing)})
        return str(missing)
    for number, name in enumerate(atlas.names):
        (folder / name).write_bytes(atlas.tile(number))
    _write_json(folder / "originals.json", atlas.describe())
    return ""


def entries(bundles: Sequence[Bundle]) -> list[dict[str, str]]:
    """The list of a page: what each bundle is called, and where its scene is."""
    names = titles(bundles)
    return [
        {
            "id": each.id,
            "title": names[each.id],
            "data": each.card.data.name,
            "data_title": each.card.data.title,
            "examples": examples(each),
            "url": _url(each),
        }
        for each in bundles
    ]


def _url(found: Bundle | Sweep) -> str:
    """Where a scene is, in a site."""
    return f"{'sweeps' if isinstance(found, Sweep) else 'bundles'}/{found.id}/"


def _licences(data: Iterable[DataCard]) -> str:
    lines = [f"{each.title}: {each.licence}. {each.source}" for each in data]
    return "\n".join(
        [
            "Made with Loupe (latent-loupe), Apache License 2.0.",
            "What the canvas is made of, and its licences: in canvas/.",
            "",
            "Examples in originals-*.png and originals.safetensors:",
            *lines,
            "",
        ]
    )


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, allow_nan=False), "utf-8")


def _is_site(folder: Path) -> bool:
    """Whether there is an earlier site and nothing that somebody has put beside it."""
    ours = {"index.html", "site.json", "lab.json", "LICENSES.txt", "icon.svg", "fonts", "canvas"}
    ours |= {"bundles", "sweeps"}
    if not {path.name for path in folder.iterdir()} <= ours:
        return False
    try:
        said = json.loads((folder / "site.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(said, dict) and said.get("generator") == GENERATOR
