"""What a frame shows of any model: the same examples and noise each time, and no trace left behind."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from aecore.data import Dataset, load_dataset
from aecore.jobs.probe import Probe
from aecore.variants import VARIANTS
from tests.aecore.small import digits, equal, head, model, weights


def small(name: str) -> Dataset:
    whole = digits() if name == "digits" else load_dataset(name)
    return replace(whole, test=head(whole.test, 40))


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_every_variant_can_be_looked_at(variant: str) -> None:
    data, made = small("digits"), model(variant).eval()
    before, state = weights(made), torch.get_rng_state()
    probe = Probe(data, made, variant)
    first, second = probe.look(made), probe.look(made)
    assert equal(before, weights(made))
    assert torch.equal(state, torch.get_rng_state())
    assert first.parts.keys() == second.parts.keys() >= {"mu", "grid.png", "reconstructions.png"}
    for name, part in first.parts.items():
        assert (
            np.array_equal(part, second.parts[name])
            if isinstance(part, np.ndarray)
            else part == second.parts[name]
        )
    codes = made.codes(data.test.take(torch.tensor(probe.manifest.index))).detach().numpy()
    assert np.allclose(first.parts["mu"], codes, atol=1e-2, rtol=1e-2)
    assert first.distortion is not None


@pytest.mark.parametrize("name", ["waves", "words", "breast-cancer"])
def test_every_kind_of_data_can_be_looked_at(name: str) -> None:
    data = small(name)
    made = model("vae", data=data, net="mlp" if name == "breast-cancer" else "recurrent").eval()
    probe = Probe(data, made, "vae")
    look = probe.look(made)
    assert look.parts.keys() == {"mu", "logvar", "samples", "reconstructions"}
    assert len(look.parts["samples"]) == len(look.parts["reconstructions"]) == len(probe.manifest.shown) == 8
    assert probe.originals == b""


def test_the_grid_is_the_plane_and_the_strip_the_examples() -> None:
    data, made = small("digits"), model("vae", latent_dim=2).eval()
    probe = Probe(data, made, "vae")
    look, side = probe.look(made), probe.manifest.columns
    assert (probe.manifest.manifold, look.bounds) == (True, (-2.5, 2.5, -2.5, 2.5))
    picture = np.asarray(Image.open(io.BytesIO(bytes(look.parts["grid.png"]))))
    assert picture.shape == (8 * side, 8 * side)
    for row, column, z in ((0, 0, (-2.5, 2.5)), (0, side - 1, (2.5, 2.5)), (side - 1, 0, (-2.5, -2.5))):
        with torch.no_grad():
            cell = made.decode(torch.tensor([z]))[0, 0].numpy()
        seen = picture[8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
        assert np.allclose(seen / 255, cell.clip(0, 1), atol=1 / 255)
    strip = np.asarray(Image.open(io.BytesIO(probe.originals)))
    chosen = torch.tensor(probe.manifest.index)[torch.tensor(probe.manifest.shown)]
    assert np.allclose(strip / 255, np.hstack(list(data.test.x[chosen, 0].numpy())), atol=1 / 255)
    assert data.test.label is not None
    assert probe.manifest.label == tuple(data.test.label[torch.tensor(probe.manifest.index)].tolist())
