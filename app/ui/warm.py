"""Getting ready for the first screen while the browser still loads the frontend."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module

import plotly.io
import plotly.tools

from aecore.errors import UserError
from app.ui import explorer, facts, library, pick, plane, plots
from app.ui.theme import Mode

import_module("pandas")  # Streamlit loads it with the first list to choose from
import_module("PIL.PngImagePlugin")  # and Pillow this with the first picture

MODES: tuple[Mode, ...] = ("light", "dark")


def up() -> None:
    """Do once, unseen, what the first screen waits for: libraries, codes, decoder, manifold, figure."""
    shelf = library.shelf().bundles
    if not shelf:
        return
    bundle = shelf[pick.first(list(shelf))]
    with suppress(UserError):  # the page says it, in the place where it matters
        view = plane.view(bundle, next(iter(plane.titles(bundle))))
        colouring = next(iter(facts.colourings(bundle).values()))
        for mode in MODES:
            manifold = explorer.manifold(bundle, view, mode)
            figure = plots.latent_map(view, colouring, facts.lines(bundle), mode, rows=[], manifold=manifold)
        plotly.io.to_json(plotly.tools.return_figure_from_figure_or_data(figure, True), validate=False)
