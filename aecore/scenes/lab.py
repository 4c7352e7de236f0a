"""``lab.json``: for which data the β lab has something to show, and where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from aecore.bundles import Bundle
from aecore.scenes.scene import titles
from aecore.scenes.sweep import titles as titles_of_sweeps
from aecore.sweeps import Sweep

VERSION = 1


def is_multi_rate(bundle: Bundle) -> bool:
    """Whether a bundle's model takes any β of a range."""
    told = bundle.card.latent.condition
    return told is not None and bool(told.range)


def describe_lab(
    sweeps: Sequence[Sweep],
    bundles: Iterable[Bundle],
    url: Callable[[Bundle | Sweep], str],
    live: Mapping[str, tuple[str, dict[str, Any]]] | None = None,
    studied: Mapping[str, dict[str, Any]] | None = None,
    train: bool = False,
) -> dict[str, Any]:
    """What ``lab.json`` says.

    Args:
        sweeps: Those to be shown.
        bundles: The multi-rate ones among them are shown.
        url: Where a scene is; it ends with a slash.
        live: Title and settings of each data set that a model can be trained on here, by its name.
        studied: What a study has measured of disentanglement against β, by data set: its ``title``, and
            ``measures``, points of β and value by the name of the figure.
        train: Whether anybody may.
    """
    rated = [each for each in bundles if is_multi_rate(each)]
    data = {name: _data(name, title) | {"live": settings} for name, (title, settings) in (live or {}).items()}
    for way, found, named in (
        ("sweeps", sweeps, titles_of_sweeps(sweeps)),
        ("multi_rate", rated, titles(rated)),
    ):
        for each in found:
            card = each.card.data
            entry = data.setdefault(card.name, _data(card.name, card.title))
            entry[way].append({"id": each.id, "title": named[each.id], "url": url(each)})
    for name in data.keys() & (studied or {}).keys():
        data[name]["studied"] = (studied or {})[name]
    return {"version": VERSION, "data": list(data.values()), "train": train}


def _data(name: str, title: str) -> dict[str, Any]:
    return {"name": name, "title": title, "sweeps": [], "multi_rate": [], "live": None, "studied": None}
