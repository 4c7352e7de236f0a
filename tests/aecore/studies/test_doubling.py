"""Checkerboards of a bundle's decoder: measured by hand on the data, and where they come from."""

from __future__ import annotations

import numpy as np

from aecore.bundles import open_bundle
from aecore.data import load_dataset
from aecore.studies.doubling import EXAMPLES, FRESH, doubling


def test_a_fresh_transposed_decoder_leaves_a_checkerboard_that_training_and_resizing_do_not() -> None:
    found = doubling(open_bundle("digits/conv-vae"))
    assert found is not None
    assert (found.how, found.periods) == ("transposed", (2,))  # 8 × 8 pixels show no period of 4
    x = load_dataset("digits").test.x[:EXAMPLES, 0].double().numpy()
    tile = x.reshape(-1, 4, 2, 4, 2).mean((1, 3))  # (N, 2, 2)
    assert np.isclose(found.originals[0], (tile.var((1, 2)) / x.var((1, 2))).mean(), rtol=1e-4)
    (transposed,), (resized,) = found.fresh["transposed"], found.fresh["resize"]
    assert transposed > 4 * max(resized, found.trained[0], found.originals[0])
    for pictures in found.pictures.values():
        assert pictures.shape == (FRESH, 1, 8, 8)
        assert np.abs(pictures.mean((1, 2, 3))).max() < 1e-6
        assert len(np.unique(pictures.std((1, 2, 3)))) == FRESH  # of as many decoders


def test_a_decoder_without_convolutions_has_none() -> None:
    assert doubling(open_bundle("digits/vae")) is None
