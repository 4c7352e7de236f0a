"""The lab's map is coloured by what was varied to make the data, and hides what its legend filters out."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from scipy.stats import spearmanr

from aecore.sweeps import open_sweep
from tests.browser.conftest import OpenPage

SWEEP = "shapes/vae-10d"
COLOURS = """(canvas, places) => {
  const [pen, ratio] = [canvas.getContext("2d"), canvas.width / canvas.clientWidth];
  const at = (x, y) => [...pen.getImageData(Math.floor(x * ratio), Math.floor(y * ratio), 1, 1).data];
  return places.map(([x, y]) => at(x, y));
}"""


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """The lab at rest on a shipped sweep of shapes, at a β that was trained."""
    page = open_page(f"/beta?data=shapes&way=sweep&family={SWEEP}&beta=0")
    expect(page.locator(".beta-head .state")).to_have_text("trained", timeout=60_000)
    return page


def lonely(places: np.ndarray, width: float, height: float, count: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Rows that lie far from their neighbours, and where they are in the picture."""
    low, high = np.quantile(places, 0.008, axis=0), np.quantile(places, 0.992, axis=0)
    reach = max((high - low).max() / 2, 3)
    centre = (low + high) / 2 if reach > 3 else np.zeros(2)
    pixels = np.array([1, -1]) * (places - centre) * 0.96 * min(width, height) / (2 * reach)
    pixels += [width / 2, height / 2]
    apart = np.sort(((pixels[:, None] - pixels) ** 2).sum(-1), 1)[:, 1]
    inside = ((pixels > 20) & (pixels < [width - 20, height - 20])).all(1)
    rows = np.argsort(-apart * inside)[:count]
    return rows, pixels


def test_points_are_coloured_by_a_factor_and_the_legend_hides_some(page: Page) -> None:
    codes, card = (sweep := open_sweep(SWEEP)).codes, sweep.card
    assert codes.factors is not None
    names = [factor.name for factor in card.data.factors]
    f = names.index("position x")
    values = np.array(card.data.factors[f].values, float)[codes.factors[:, f]]
    panel = page.locator(".lab-map")
    pick = panel.get_by_role("combobox", name="Colour")
    assert set(pick.locator("option").all_inner_texts()) == set(names)
    expect(panel.get_by_role("img")).to_have_attribute("aria-label", re.compile("coloured by shape$"))
    pick.select_option(label="position x")
    expect(panel.get_by_role("img")).to_have_attribute("aria-label", re.compile("coloured by position x$"))

    box = panel.locator(".field").bounding_box()
    assert box
    rows, pixels = lonely(codes.pca[0].astype(np.float64), box["width"], box["height"])
    picture = panel.locator(".field canvas").first
    colours = np.array(picture.evaluate(COLOURS, pixels[rows].tolist()), float)
    drawn = colours[:, 3] > 0
    assert drawn.mean() > 0.9
    green = colours[drawn, 1]  # viridis grows greener from its dark end to its bright one
    assert spearmanr(green, values[rows][drawn]).statistic > 0.95

    row = int(rows[0])
    page.mouse.move(box["x"] + pixels[row, 0], box["y"] + pixels[row, 1])
    shape = card.data.classes[codes.factors[row, names.index("shape")]]
    expect(page.locator(".over-point")).to_have_text(
        re.compile(rf"{shape}\s*position x {re.escape(f'{values[row]:.3g}')}")
    )

    # The address holds it, and which map, for whoever opens it.
    panel.get_by_role("combobox", name="Map").select_option(label="UMAP")
    expect(page).to_have_url(re.compile("colour=position.x.*view=umap|view=umap.*colour=position.x"))
    page.reload()
    expect(panel.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile("^UMAP.*position x$"), timeout=60_000
    )
    panel.get_by_role("combobox", name="Map").select_option(label="PCA")
    expect(panel.get_by_role("img")).to_have_attribute("aria-label", re.compile("^PCA"))

    lowest = panel.get_by_role("slider", name="Lowest position x shown")
    lowest.focus()
    page.keyboard.press("End")  # nothing but the rightmost
    colours = np.array(picture.evaluate(COLOURS, pixels[rows].tolist()), float)
    shown = values[rows] > 0.98
    assert (colours[~shown, 3] > 0).mean() < 0.1
