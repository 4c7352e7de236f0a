"""The Train page, from the choice to the bin, on a real server; files and the terminal are the witnesses."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from aecore.bundles import Bundle
from aecore.data import spec_of
from aecore.runs import complete
from aecore.variants import build
from tests.browser import canvas, pages
from tests.browser.canvas import eventually
from tests.browser.training import (
    MADE,
    WAIT,
    OpenTrain,
    button,
    open_train,
    option,
    start,
    state,
    terminal,
)

__all__ = ["open_train"]


def figure(page: Page, name: str) -> str:
    return page.locator(".estimates dl div", has_text=name).locator("dd").inner_text()


def test_a_training_is_chosen_started_watched_left_found_stopped_and_resumed(
    open_train: OpenTrain, home: Path, tmp_path: Path
) -> None:
    page = open_train()
    page.locator(".form .group").first.wait_for(timeout=WAIT)
    page.get_by_label("Variant").select_option("beta-vae")
    expect(option(page, "beta")).to_have_value("4", timeout=WAIT)

    # What is wrong is said beside its field, before anything starts.
    option(page, "latent_dim").fill("0")
    field = page.locator('[data-option="latent_dim"]')
    expect(field.get_by_role("alert")).to_have_text("A whole number from 1 to 512.")
    expect(button(page, "Start training")).to_be_disabled()
    expect(page.locator(".estimates [role=status]")).to_have_text(
        "What stands there does not do: Latent dimensions."
    )
    option(page, "latent_dim").fill("2")
    expect(field.get_by_role("alert")).to_have_count(0)
    page.get_by_label("Annealing", exact=True).get_by_text("linear").click()
    page.locator(".more > summary").click()
    expect(option(page, "annealing_share")).to_be_visible()
    page.get_by_label("Annealing", exact=True).get_by_text("constant").click()
    expect(option(page, "annealing_share")).to_have_count(0)

    # The estimates are those of the model.
    option(page, "hidden").fill("24")
    config = complete({"variant": "beta-vae", "data": "digits", "latent_dim": 2, "hidden": [24]})
    made = build(config, spec_of("digits"))
    wanted = f"{sum(weight.numel() for weight in made.parameters()):,}"
    assert eventually(lambda: figure(page, "Parameters") == wanted, 90)
    assert figure(page, "Compression") == "32.0 : 1"
    assert eventually(lambda: bool(re.search(r"\d (s|min|h)$", figure(page, "Time"))), 120)
    assert re.search(r"\d [MG]B$", figure(page, "Memory"))
    canvas.shot(page, "train-form", tmp_path)

    # It runs, and is seen to.
    job = start(page, epochs="100000")
    expect(state(page)).to_have_text("Training", timeout=WAIT)
    page.locator(".lab-map").wait_for(timeout=WAIT)
    page.locator(".curve-of", has_text="Loss").wait_for(timeout=WAIT)
    expect(page.locator(".status")).to_contain_text(re.compile(r"epoch [\d,]+ of 100,?000"))
    expect(page.locator(".status")).to_contain_text("examples/s")
    expect(page.locator(".status")).to_contain_text(f"learning rate {config['lr']}")
    expect(page.locator(".status")).to_contain_text(re.compile(r"\d (s|min|h|d) left"))
    assert terminal(home, "show", job)["state"] == "running"
    page.close()

    # It went on, and is found again.
    page = open_train()
    entry = page.locator(".training", has_text="yours").first
    expect(entry).to_contain_text("Training", timeout=WAIT)
    entry.click()
    page.wait_for_url(re.compile(job), timeout=WAIT)
    button(page, "Stop").click(timeout=WAIT)
    expect(state(page)).to_have_text("Stopped", timeout=MADE)
    page.locator(".made").wait_for(timeout=WAIT)
    stood = terminal(home, "show", job)["standing"]["step"]
    button(page, "Resume").click()
    expect(state(page)).to_have_text("Training", timeout=WAIT)
    assert eventually(lambda: (terminal(home, "show", job)["standing"] or {"step": 0})["step"] > stood, 60)
    button(page, "Pause").click()
    expect(state(page)).to_have_text("Paused", timeout=WAIT)
    assert terminal(home, "show", job)["state"] == "paused"

    # Duplicating fills the form.
    button(page, "Duplicate with changes").click()
    expect(option(page, "latent_dim")).to_have_value("2", timeout=WAIT)
    expect(option(page, "epochs")).to_have_value("100000")
    pages.is_accessible_in_both(page)


def test_what_it_has_made_is_opened_named_deleted_and_brought_back(
    open_train: OpenTrain, home: Path, tmp_path: Path
) -> None:
    page = open_train()
    job = start(page, latent_dim="2", hidden="16", epochs="3")
    expect(state(page)).to_have_text("Done", timeout=MADE)
    made = page.locator(".made")
    expect(made).to_contain_text("digits/vae-2d", timeout=WAIT)
    canvas.shot(page, "train-done", tmp_path)
    pages.fits(page)
    bundle = terminal(home, "show", job)["bundle"]
    assert Bundle.open(home / "bundles" / bundle).card.config["hidden"] == [16]

    name = f"of-the-lecture-{job}"  # another each time that this is tried
    button(page, "Rename, note").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Note", exact=True).fill("<b>Two dimensions</b>")
    button(page, "Save").click()
    expect(made).to_contain_text(f"digits/{name}", timeout=WAIT)
    expect(made.locator(".note")).to_have_text("<b>Two dimensions</b>")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    assert download.value.suggested_filename == f"digits-{name}.zip"

    # In the pickers, and on the map.
    button(page, "Open on the map").click()
    page.wait_for_url(re.compile(rf"/(map)?\?.*{name}"), timeout=WAIT)
    canvas.drawn(page)
    model = page.get_by_label("Model")
    expect(model).to_have_value(f"digits/{name}")

    # Back leads to the training, not to an empty form.
    page.go_back()
    page.wait_for_url(re.compile(rf"/train\?.*job={job}"), timeout=WAIT)
    expect(page.get_by_role("region", name="Bundle")).to_be_visible(timeout=WAIT)

    # Deleted, and back.
    page.close()
    page = open_train(f"?job={job}")
    made = page.locator(".made")
    made.get_by_role("button", name="Delete").click(timeout=WAIT)
    expect(made).to_contain_text("In the bin")
    assert not (home / "bundles" / "digits" / name).exists()
    button(page, "Undo").click()
    expect(made).to_contain_text(f"digits/{name}")
    assert Bundle.open(home / "bundles" / "digits" / name).card.note == "<b>Two dimensions</b>"
    made.get_by_role("button", name="Delete").click()
    expect(made).to_contain_text("In the bin")
    button(page, "Remove").click()
    page.locator(".form").wait_for(timeout=WAIT)
    assert job not in [each["id"] for each in terminal(home, "list")]


def test_a_training_of_the_terminal_is_listed_and_only_watched(open_train: OpenTrain, home: Path) -> None:
    page = open_train()
    page.locator(".trainings").wait_for()
    words = ("--variant", "autoencoder", "--data", "digits", "--hidden", "8", "--epochs", "2")
    job = terminal(home, "start", *words)["id"]
    entry = page.locator(".training", has_text="Autoencoder")
    expect(entry.first).to_be_visible(timeout=WAIT)
    entry.first.click()
    page.wait_for_url(re.compile(job), timeout=WAIT)
    expect(page.locator(".status")).to_contain_text("Somebody else has started this training")
    for name in ("Stop", "Pause", "Remove"):
        expect(button(page, name)).to_have_count(0)
    expect(state(page)).to_have_text("Done", timeout=MADE)
    expect(page.locator(".made")).to_contain_text("digits/autoencoder", timeout=WAIT)
    expect(page.locator(".made").get_by_role("button", name="Delete")).to_have_count(0)


def test_where_no_training_is_allowed_the_page_says_so(
    open_train: OpenTrain, context: BrowserContext
) -> None:
    def answer(**changed: Any) -> Callable[[Any], None]:
        def fulfil(route: Any) -> None:
            found = route.fetch()
            route.fulfill(response=found, json={**found.json(), **changed})

        return fulfil

    pattern = re.compile(r"/loupe/train\.json$")
    context.route(pattern, answer(train=False))
    page = open_train()
    expect(page.locator(".estimates")).to_contain_text("No training is allowed on this server", timeout=WAIT)
    expect(button(page, "Start training")).to_have_count(0)
    page.close()
    context.unroute(pattern)
    context.route(pattern, answer(door="password", admitted=False))
    page = open_train()
    expect(page.get_by_label("Training here needs the password.")).to_be_visible(timeout=WAIT)
    expect(button(page, "Start training")).to_have_count(0)
    page.close()
