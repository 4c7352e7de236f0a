"""The table: which bundles may stand beside each other, and which is the best."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aecore.bundles import Bundle
from aecore.bundles.files import sha256
from aecore.bundles.latents import Condition
from aecore.errors import UserError
from aecore.studies.comparison import comparable, compare, markdown, named
from tests.app import make_bundle


def made(root: Path, name: str, variant: str = "vae", dim: int = 2, lr: float = 1e-3, **given: Any) -> Bundle:
    """A bundle whose card says what a test wants; ``config`` and ``metrics`` are added to what it has."""
    folder = make_bundle.write(root, name, dim, "gaussian" if "vae" in variant else "point", variant.upper())
    history = json.dumps({"epoch": 1, "train": {"loss": 1.0}, "lr": lr}).encode() + b"\n"
    (folder / "history.jsonl").write_bytes(history)
    card = Bundle.open(folder).card
    config = {"epochs": 20, "batch_size": 128} | card.config | given.pop("config", {})
    metrics = {**card.metrics, "mse": 0.1} | given.pop("metrics", {})
    data = replace(card.data, options=given.pop("options", {}))
    files = card.files | {"history.jsonl": sha256(history)}
    card = replace(card, variant=variant, config=config, metrics=metrics, data=data, files=files)
    (folder / "card.json").write_bytes(card.to_bytes())
    return Bundle.open(folder)


def test_only_the_budget_that_most_variants_had_is_compared(tmp_path: Path) -> None:
    bundles = [
        made(tmp_path, "a"),
        made(tmp_path, "b", "autoencoder"),
        made(tmp_path, "c", "sparse"),
        made(tmp_path, "longer", "denoising", config={"epochs": 60}),
        made(tmp_path, "larger", "denoising", config={"batch_size": 64}),
        made(tmp_path, "binary", "denoising", options={"binarise": "threshold"}),
    ]
    table = compare(bundles, "digits")
    assert [row.bundle for row in table.rows] == ["digits/b", "digits/c", "digits/a"]  # by title
    assert "codes of 2 numbers, 20 epochs, batches of 128" in table.settings
    assert comparable(bundles) == {"digits": "Digits"}


def test_a_closed_form_has_no_use_for_epochs(tmp_path: Path) -> None:
    pca = made(tmp_path, "pca", "linear", lr=0.0, config={"epochs": 1})
    other = made(tmp_path, "other", "linear", lr=0.0, options={"binarise": "threshold"})
    bundles = [made(tmp_path, "a"), made(tmp_path, "b", "autoencoder"), pca, other]
    assert {row.bundle for row in compare(bundles, "digits").rows} == {"digits/a", "digits/b", "digits/pca"}


def test_another_size_of_code_is_there_where_a_variant_has_no_other_and_never_best(tmp_path: Path) -> None:
    bundles = [
        made(tmp_path, "a", dim=2, metrics={"mse": 0.2}),
        made(tmp_path, "wide-a", dim=5, metrics={"mse": 0.1}),
        made(tmp_path, "b", "autoencoder", metrics={"mse": 0.3}),
        made(tmp_path, "c", "contractive", metrics={"mse": 0.4}),
        made(tmp_path, "wide", "overcomplete", dim=5, metrics={"mse": 0.01}),
    ]
    table = compare(bundles, "digits")
    codes = {row.bundle.removeprefix("digits/"): row.code for row in table.rows}
    assert codes == {"a": 2, "b": 2, "c": 2, "wide": 5}
    assert [row.bundle for row in table.rows if table.is_best(row, "mse")] == ["digits/a"]
    assert "OVERCOMPLETE (5 numbers)" in markdown(table)


def test_a_closed_form_of_another_size_decides_nothing(tmp_path: Path) -> None:
    bundles = [made(tmp_path, "pca", "linear", dim=5, lr=0.0), made(tmp_path, "a", "autoencoder")]
    assert compare(bundles, "digits").code == 2


def test_few_labels_are_no_other_budget_and_said(tmp_path: Path) -> None:
    bundles = [
        made(tmp_path, "a", options={"labelled": 0}),
        made(tmp_path, "b", "m2", options={"labelled": 100}, metrics={"classification_error": 12.0}),
    ]
    table = compare(bundles, "digits")
    assert [row.title for row in table.rows] == ["M2 · 100 labels", "VAE"]
    assert "classification_error" in table.columns


def test_a_density_given_the_class_is_never_the_best(tmp_path: Path) -> None:
    told = made(tmp_path, "told", "conditional-vae", metrics={"nll": 60.0, "mse": 0.01})
    latent = replace(told.card.latent, condition=Condition("class", 10))
    inputs = {"encoder": ("x", "condition"), "decoder": ("z", "condition")}
    onnx = {name: replace(told.card.onnx[name], inputs=each) for name, each in inputs.items()}
    (told.path / "card.json").write_bytes(replace(told.card, latent=latent, onnx=onnx).to_bytes())
    others = [
        made(tmp_path, "a", metrics={"nll": 80.0}),
        made(tmp_path, "b", "beta-vae", metrics={"nll": 90.0}),
    ]
    table = compare([Bundle.open(told.path), *others], "digits")
    best = {name: [row.bundle for row in table.rows if table.is_best(row, name)] for name in ("nll", "mse")}
    assert best == {"nll": ["digits/a"], "mse": ["digits/told"]}
    assert any("densities given the class" in row.title for row in table.rows)


def test_lower_or_higher_is_better_and_equal_to_three_digits_is_equal(tmp_path: Path) -> None:
    bundles = [
        made(tmp_path, "a", metrics={"mse": 0.10001, "psnr": 20.0, "rate": 3.0}),
        made(tmp_path, "b", "autoencoder", metrics={"mse": 0.10002, "psnr": 22.0}),
        made(tmp_path, "c", "beta-vae", metrics={"mse": 0.2, "psnr": 21.0, "rate": 5.0}),
    ]
    table = compare(bundles, "digits")
    best = {
        metric: {r.bundle[-1] for r in table.rows if table.is_best(r, metric)} for metric in table.columns
    }
    assert best["mse"] == {"a", "b"}
    assert best["psnr"] == {"b"}
    assert best["rate"] == set()  # neither way is better


def test_an_estimate_of_a_square_below_zero_is_no_better_than_zero(tmp_path: Path) -> None:
    found = {"a": -0.004, "b": -0.0001, "c": 0.0, "d": 0.001}
    variants = ("vae", "autoencoder", "beta-vae", "iwae")
    bundles = [
        made(tmp_path, name, variant, metrics={"aggregate_mmd": value})
        for (name, value), variant in zip(found.items(), variants, strict=True)
    ]
    table = compare(bundles, "digits")
    assert {r.bundle[-1] for r in table.rows if table.is_best(r, "aggregate_mmd")} == {"a", "b", "c"}


def test_densities_under_two_likelihoods_have_no_best(tmp_path: Path) -> None:
    same = [made(tmp_path / "s", n, v, metrics={"nll": k}) for n, v, k in (("a", "vae", 9), ("b", "iwae", 8))]
    assert compare(same, "digits").best["nll"] == 8
    mixed = [
        made(tmp_path / "m", n, v, metrics={"nll": 9}, config={"likelihood": k})
        for n, v, k in (("a", "vae", "mse"), ("b", "iwae", "bernoulli"))
    ]
    assert "nll" not in compare(mixed, "digits").best
    named = [
        made(tmp_path / "n", n, v, metrics={"nll": k}, config={"likelihood": name})
        for n, v, k, name in (("a", "vae", 9, "natural"), ("b", "iwae", 8, "gaussian"))
    ]
    assert compare(named, "digits").best["nll"] == 8  # of grey values the natural one is the Gaussian


def test_the_markdown_is_a_table(tmp_path: Path) -> None:
    bundles = [
        made(tmp_path, "a", metrics={"mse": 0.25, "nll": -12.5, "active_units": 2}),
        made(tmp_path, "b", "autoencoder", metrics={"mse": 0.125}),
    ]
    head, _, first, rule, *rows = markdown(compare(bundles, "digits")).splitlines()
    assert head == "Digits: test split, codes of 2 numbers, 20 epochs, batches of 128."
    assert first.startswith("|  | MSE (the data's units, squared) ↓ | PSNR (dB) ↑ |")
    assert {line.count("|") for line in (first, rule, *rows)} == {first.count("|")}
    assert rows[0].startswith("| AUTOENCODER | **0.125** |")
    assert "| 0.250 |" in rows[1]
    assert "| −12.5 |" in rows[1]
    assert named("psnr") == "PSNR (dB) ↑"


def test_one_variant_alone_or_an_unknown_data_set_is_no_table(tmp_path: Path) -> None:
    alone = [made(tmp_path, "a"), made(tmp_path, "b")]
    assert comparable(alone) == {}
    with pytest.raises(UserError, match="no table of the data set called 'digits'"):
        compare(alone, "digits")


def test_a_damaged_history_breaks_no_table(tmp_path: Path) -> None:
    bundles = [made(tmp_path, "a"), made(tmp_path, "b", "autoencoder")]
    (bundles[0].path / "history.jsonl").write_bytes(b"{")
    assert len(compare([Bundle.open(each.path) for each in bundles], "digits").rows) == 2
