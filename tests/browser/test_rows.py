"""Images whose decoder writes them row by row, each row knowing those before it."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import BrowserContext

from aecore.bundles import Bundle
from tests.browser import canvas, kinds, models
from tests.browser.canvas import Map


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    home = tmp_path_factory.mktemp("rows")
    return kinds.trained(
        home,
        "digits",
        "rows",
        "autoencoder",
        net="transformer",
        units=16,
        depth=1,
        word_dropout=0.5,
        epochs=12,
        lr=1e-2,
    )


def test_a_place_on_the_map_is_written_row_by_row(
    context: BrowserContext, rows: Bundle, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert "prefix" in rows.card.onnx["decoder"].inputs
    with models.served([rows], tmp_path_factory.mktemp("www")) as url, kinds.visiting(context, url) as page:
        page.goto(f"{url}?bundle={rows.id}&view=z")
        atlas = Map.of(page, rows, "z")
        shown: list[canvas.Pixels] = []
        for dx, dy in ((110, -80), (-130, 60)):
            place = atlas.place(atlas.left + dx, atlas.top + dy)
            atlas.drag(atlas.centre, place)
            picture = canvas.picture(page, "The decoded place under the cursor")
            canvas.decodes(picture, rows, place)
            shown.append(canvas.read(picture))
        assert np.abs(shown[0].astype(int) - shown[1]).max() > 20
