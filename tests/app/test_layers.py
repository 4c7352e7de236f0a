"""Layers: a network laid open, with its filters and its gradients."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from aecore.bundles import Bundle
from aecore.data import load_dataset
from aecore.errors import BundleError, UserError
from aecore.metrics.layers import filters
from aecore.runs import complete
from aecore.runs.finish import make_bundle as finish
from aecore.studies.anatomy import anatomy
from aecore.training import EpochEnd, Fit
from aecore.variants import build
from tests.aecore.small import model
from tests.app import make_bundle
from tests.app.conftest import OpenPage
from tests.app.test_pages import html, said


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``digits/small``, a VAE that was trained for two epochs."""
    root = tmp_path_factory.mktemp("trained")
    given: dict[str, Any] = {"variant": "vae", "data": "digits", "epochs": 2, "hidden": [16], "latent_dim": 3}
    config, data = complete(given | {"device": "cpu"}), load_dataset("digits")
    made = build(config, data.spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aecore.runs.finish.MAPS", ("pca",))
        patch.setattr("aecore.runs.finish.evaluate", lambda *_, **__: {"mse": 0.1})
        history = [e.line() for e in Fit(made, data, epochs=2, device="cpu") if isinstance(e, EpochEnd)]
        finish(root / "digits" / "small", made, data, config, history, device="cpu", seconds=1, command="")
    return root


def table(page: Any) -> str:
    html: str = json.loads(page.get("bidi_component")[0].proto.json)["html"]
    return html


def test_a_page_shows_every_layer_its_filters_and_gradients(
    open_page: OpenPage, on_shelf: Callable[[Path], None], trained: Path
) -> None:
    page = open_page("layers")
    on_shelf(trained)
    page = page.run()
    assert not page.exception
    found = anatomy(Bundle.open(trained / "digits" / "small"))
    for layer in found.layers:
        assert f">{layer.said} <small>{layer.kind}</small>" in table(page)
        assert f"{layer.parameters:,}" in table(page)
        assert f"width:{100 * max(layer.recovered, 0):.1f}%" in table(page)
    assert [layer.said for layer in found.layers] == [
        "encoder 1", "code, mean", "code, log variance", "decoder 1", "decoder 2",
    ]  # fmt: skip
    assert "70, 50, 35 and 1 %" in html(page)
    assert "16 of 16" in html(page)
    assert html(page).count('class="lp-mosaic"') == 1 + len(found.layers)  # filters, and what is switched on
    for name in found.activations:
        assert f'alt="What {name} gives for an example."' in html(page)
    assert len(page.get("plotly_chart")) == 1


def test_a_bundle_without_weights_or_with_other_data_says_so(open_page: OpenPage) -> None:
    page = open_page("layers", bundle="digits/pca-2d")  # its model.safetensors is empty
    assert not page.exception
    assert "cannot be rebuilt" in said(page)
    page = open_page("layers", bundle="digits/pca-other-data")
    assert not page.exception
    assert "differs from what digits/pca-other-data was trained on" in said(page)


def test_an_anatomy_needs_the_very_data(tmp_path: Path) -> None:
    other = make_bundle.write(tmp_path, fingerprint="0" * 64)
    with pytest.raises(UserError, match="differs"):
        anatomy(Bundle.open(other))
    with pytest.raises(BundleError, match="cannot be rebuilt"):
        anatomy(Bundle.open(make_bundle.write(tmp_path, "whole")))


@pytest.mark.parametrize(("net", "shape"), [("mlp", (32, 1, 8, 8)), ("conv", (8, 1, 4, 4))])
def test_filters_are_the_first_layers_weights_the_longest_first(net: str, shape: tuple[int, ...]) -> None:
    made = model("autoencoder", net=net)
    images = filters(made, (1, 8, 8))
    assert images is not None
    assert images.shape == shape
    length = images.flatten(1).norm(dim=1)
    assert (length.diff() <= 0).all()
    first = next(p for p in made.encoder.parameters() if p.ndim > 1)
    assert torch.equal(images.flatten(1).sum(1).sort().values, first.flatten(1).sum(1).sort().values)
    assert filters(made, (3, 8, 8)) is None or net == "mlp"
    assert filters(made, (40,)) is None


def test_the_filters_of_pca_are_its_components_in_order() -> None:
    data = load_dataset("digits")
    made = build(complete({"variant": "linear", "data": "digits", "latent_dim": 5}), data.spec)
    for _ in Fit(made, data, epochs=1, device="cpu"):
        pass
    images = filters(made, (1, 8, 8))
    assert images is not None
    components = PCA(5).fit(data.train.x.flatten(1).numpy()).components_
    cosines = (images.flatten(1).numpy() * components).sum(1)
    np.testing.assert_allclose(np.abs(cosines), 1, atol=1e-4)


def test_the_code_after_a_recurrent_encoder_has_no_filters() -> None:
    made = model("autoencoder", net="recurrent", hidden=(64,))  # as many features as the image has pixels
    assert filters(made, (1, 8, 8)) is None
