"""``lab.json``: what the β lab can show on this machine, and what can be trained there."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aecore import scenes
from aecore.data import list_datasets
from aecore.studies import SHIPPED, STUDIES, stored
from aecore.sweeps import list_sweeps
from app.access import may_train
from app.answers import Answer
from app.kept import in_thread
from app.scene import scene_url
from app.ui import library

LIST = "loupe/lab.json"
BETAS = (0.01, 100.0)
LIVE: dict[str, Any] = {
    "latent_dim": 2,
    "beta": 1.0,
    "hidden": [256],
    "activation": "tanh",
    "batch_size": 128,
    "lr": 2e-3,
}
"""How a live training starts: a code that has collapsed comes back with tanh, and mostly not with ReLU."""


def routes() -> list[Route]:
    """The route of the list."""
    return [Route(f"/{LIST}", _lab)]


async def _lab(request: Request) -> Response:
    return Answer.json("lab.json", await in_thread(_describe), lasting=False).to(request)


def _describe() -> dict[str, Any]:
    return scenes.describe_lab(
        list_sweeps(), library.shelf().bundles.values(), scene_url, _live(), _studied(), may_train()
    )


def _studied() -> dict[str, dict[str, Any]]:
    """How well β-TCVAE keeps factors apart, by data set: what there is to compare a sweep of VAEs with."""
    study = STUDIES["factors"]
    rows = stored(study, SHIPPED)
    return {
        data: {
            "title": f"β-TCVAE, mean of {study.seeds} seeds",
            "measures": {name: _means(rows, data, name) for name in study.metrics},
        }
        for data in study.common
    }


def _means(rows: list[dict[str, Any]], data: str, name: str) -> list[dict[str, float]]:
    """A figure's mean over the seeds, at each β."""
    found: dict[float, list[float]] = {}
    for row in rows:
        if row["data"] == data:
            found.setdefault(row["config"]["beta"], []).append(row["figures"][name])
    return [{"beta": beta, "value": fmean(values)} for beta, values in sorted(found.items())]


def _live() -> dict[str, tuple[str, dict[str, Any]]]:
    """The sets of images that are on this machine: what is drawn of a live training are images."""
    return {
        each.name: (
            each.title,
            {
                "variant": "beta-vae",
                "options": LIVE | ({"binarise": "threshold"} if each.values == "unit" else {}),
                "betas": list(BETAS),
            },
        )
        for each in list_datasets()
        if each.kind == "image" and each.available
    }
