"""The Train page on words, series and tables, and the names of bundles; data and files are the witnesses."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page, expect

from aecore.bundles import Bundle
from aecore.data import Dataset, load_dataset
from aecore.jobs import Recording
from tests.browser import pages
from tests.browser.canvas import eventually
from tests.browser.training import (
    MADE,
    WAIT,
    OpenTrain,
    button,
    open_train,
    option,
    say,
    start,
    state,
    terminal,
)

__all__ = ["open_train"]


def words(data: Dataset, x: torch.Tensor) -> list[str]:
    return ["".join(data.spec.vocabulary[token] for token in row) for row in x.tolist()]


def lengths(data: Dataset, x: torch.Tensor) -> list[str]:
    steps = data.spec.shape[0]
    return [f"{int(row.sum())} of {steps} steps" for row in x[..., -1]]


def rows(data: Dataset, x: torch.Tensor) -> list[str]:
    return [f"{data.spec.shape[0]} columns"] * len(x)


def columns_are_right(page: Page, data: Dataset, row: torch.Tensor) -> None:
    """A row that is picked is read column by column, in each column's own unit."""
    page.locator(".pairs button").first.click()
    lines = page.locator(".pairs .columns tbody tr")
    assert [line.locator("th").inner_text() for line in lines.all()] == list(data.spec.columns)
    said = [line.locator("td.number").first.inner_text() for line in lines.all()]
    wanted = row * torch.tensor(data.spec.scale) + torch.tensor(data.spec.centre)
    found = [float(each.replace("−", "-").replace(",", "")) for each in said]
    assert found == pytest.approx(wanted.tolist(), rel=6e-3, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "reads", "what"),
    [("words", words, "Original"), ("waves", lengths, "Original"), ("breast-cancer", rows, "Reconstruction")],
)
def test_what_is_no_image_is_reconstructed_while_it_learns(
    open_train: OpenTrain, home: Path, name: str, reads: Callable[..., list[str]], what: str
) -> None:
    job = terminal(home, "start", "--variant", "vae", "--data", name, "--epochs", "100000")["id"]
    try:
        page = open_train(f"?job={job}")
        pairs = page.locator(".pairs")
        expect(pairs).to_contain_text(re.compile("original( ○|, reconstruction)"), timeout=WAIT)
        recording, data = Recording(home / "jobs" / job), load_dataset(name)
        assert recording.manifest
        shown = torch.tensor(recording.manifest.index)[torch.tensor(recording.manifest.shown)]
        x = data.test.x[shown]
        pictures = pairs.get_by_role("img", name=re.compile(f"^{what}")).all()
        assert [each.get_attribute("aria-description") for each in pictures] == reads(data, x)
        if name == "breast-cancer":
            columns_are_right(page, data, x[0])
        again = pairs.get_by_role("img", name=re.compile("^Reconstruction")).first
        before = again.evaluate("canvas => canvas.toDataURL()")
        assert eventually(lambda: again.evaluate("canvas => canvas.toDataURL()") != before, 60)
        expect(page.locator(".panel", has_text="Prior samples").locator("canvas")).to_be_visible()
        # What is stopped in its first epoch leaves no bundle.
        assert eventually(lambda: terminal(home, "show", job)["standing"]["epoch"] > 1, 180)
    finally:
        say(home, "stop", job)
    expect(state(page)).to_have_text("Stopped", timeout=MADE)
    page.locator(".made").wait_for(timeout=WAIT)
    pages.is_accessible_in_both(page)


def test_a_name_is_checked_and_given_and_a_note_is_shown_as_text(
    open_train: OpenTrain, home: Path, app_url: str
) -> None:
    page = open_train()
    page.locator(".form .group").first.wait_for(timeout=WAIT)
    field, name = page.locator('[data-option="name"]'), f"asked-for-{secrets.token_hex(3)}"
    usual = re.compile(r"^vae-\d+d(-\d+)?$")
    expect(option(page, "name")).to_have_attribute("placeholder", usual, timeout=WAIT)
    for text, said in (("Mine Too", "lower-case letters"), ("vae-2d", "came with aecore")):
        option(page, "name").fill(text)
        expect(field.get_by_role("alert")).to_contain_text(said, timeout=WAIT)
        expect(button(page, "Start training")).to_be_disabled()
    start(page, name=name, latent_dim="2", hidden="8", epochs="1")
    expect(page.locator(".status h2")).to_contain_text(name)
    page.locator(".status summary").click()
    expect(page.locator(".status")).to_contain_text(f"--name {name}", timeout=WAIT)
    expect(page.locator(".status")).to_contain_text(f'name = "{name}"')
    expect(state(page)).to_have_text("Done", timeout=MADE)
    folder = home / "bundles" / "digits" / name
    assert Bundle.open(folder).card.config["hidden"] == [8]

    note = "<b>For the lecture</b>"
    button(page, "Rename, note").click(timeout=WAIT)
    page.get_by_label("Note", exact=True).fill(note)
    button(page, "Save").click()
    expect(page.locator(".made p.note")).to_have_text(note, timeout=WAIT)
    button(page, "Compare").click()
    expect(page.locator(".compared p.note")).to_have_text(note, timeout=WAIT)
    pages.opened(page, f"{app_url}/about?bundle=digits/{name}")
    expect(page.get_by_text(note, exact=True)).to_be_visible()
