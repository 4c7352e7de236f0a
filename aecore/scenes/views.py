"""Which pages of the canvas have something to show of a model, and why the others have not: the one rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aecore.bundles.latents import LatentSpec

PAGES = ("map", "reconstruct", "traverse", "interpolate", "sample", "draw", "compare")


def views(kind: str, latent: LatentSpec) -> dict[str, str]:
    """Every page of the canvas, with an empty text where it has something to show, or a sentence why not.

    Args:
        kind: Of data: ``image``, ``series``, ``tokens`` or ``table``.
        latent: What a code is.
    """
    return dict.fromkeys(PAGES, "") | {page: why for page, why in _reasons(kind, latent).items() if why}


def shown(kind: str, latent: LatentSpec) -> tuple[str, ...]:
    """The pages that have something to show, as a card lists them."""
    return tuple(page for page, why in views(kind, latent).items() if not why)


def _reasons(kind: str, latent: LatentSpec) -> dict[str, str]:
    drawn = {
        "series": "A series has values over time, which a pen on paper does not give: choose a series on the "
        "Map instead.",
        "table": "A row of a table is a list of measurements, not something that can be drawn: choose a row "
        "on the Map instead.",
    }
    between = {
        "codebook": "This code is a choice of vectors from a codebook: no place between two codes is one, "
        "and the decoder learned from none. Traverse changes one choice at a time; the Map decodes any.",
    }
    return {"draw": drawn.get(kind, ""), "interpolate": between.get(latent.kind, "")}
