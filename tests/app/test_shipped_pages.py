"""What comes with Loupe opens: the scene of every bundle, and About of every variant's."""

from __future__ import annotations

import json

import pytest
import safetensors.numpy
import streamlit as st
from streamlit.testing.v1 import AppTest

from aecore import scenes
from aecore.bundles import list_bundles
from aecore.scenes.views import PAGES
from tests.app.conftest import VIEWS

SHIPPED = {bundle.id: bundle for bundle in list_bundles() if bundle.shipped}
OF_VARIANT = {f"{bundle.card.variant}-{bundle.card.data.kind}": bundle for bundle in SHIPPED.values()}


@pytest.mark.parametrize("name", SHIPPED)
def test_the_canvas_has_all_it_needs_for_every_page(name: str) -> None:
    bundle = SHIPPED[name]
    told = json.loads(json.dumps(scenes.describe(bundle), allow_nan=False))
    assert told["views"].keys() == set(PAGES)
    assert all(why == "" or why.endswith(".") for why in told["views"].values())
    assert {told[part]["file"] for part in ("encoder", "decoder")} <= set(scenes.own_files(bundle))
    arrays = safetensors.numpy.load(scenes.codes(bundle))
    assert arrays["mu"].shape[-2:] == (told["count"], told["latent"]["dim"])
    assert told["maps"]
    assert all(len(arrays[each]) == told["count"] for each in told["maps"])


@pytest.mark.parametrize("kind", OF_VARIANT)
def test_about_opens(kind: str) -> None:
    bundle = OF_VARIANT[kind]
    st.cache_resource.clear()
    page = AppTest.from_file(str(VIEWS / "about.py"), default_timeout=60)
    page.query_params["bundle"] = bundle.id
    page.run()
    assert not page.exception
    html = "\n".join(str(element.proto.body) for element in page.get("html"))
    assert f'href="./learn?variant={bundle.card.variant}&' in html
    assert page.get("plotly_chart") or bundle.card.variant == "linear"
