"""What a probe recovers is held against scikit-learn and against answers that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

from aecore.data import load_dataset
from aecore.metrics.layers import RIDGE, activations, layers, recovered
from aecore.variants import build
from tests.aecore.small import digits, model

DATA = digits(1200)


@pytest.mark.parametrize("features", [5, 90])  # fewer than examples, and more
def test_a_probe_is_ridge_regression(features: int) -> None:
    random = torch.Generator().manual_seed(0)
    x, test_x = torch.randn(60, 4, generator=random), torch.randn(50, 4, generator=random)
    mix = torch.randn(4, features, generator=random)
    a, b = (torch.relu(each @ mix) + 0.1 for each in (x, test_x))
    centred = (a - a.mean(0)).numpy()
    ridge = Ridge(alpha=RIDGE * float(np.square(centred).mean()) * len(a)).fit(a.numpy(), x.numpy())
    wanted = r2_score(test_x.numpy(), ridge.predict(b.numpy()), multioutput="variance_weighted")
    assert recovered(a, x, b, test_x) == pytest.approx(wanted, abs=1e-3)


def test_what_is_only_turned_is_recovered_and_what_is_cut_off_is_not() -> None:
    random = torch.Generator().manual_seed(0)
    x, test_x = torch.randn(500, 8, generator=random), torch.randn(500, 8, generator=random)
    turn = torch.linalg.qr(torch.randn(8, 8, generator=random)).Q
    assert recovered(x @ turn, x, test_x @ turn, test_x) > 0.99
    assert recovered(x[:, :2], x, test_x[:, :2], test_x) == pytest.approx(2 / 8, abs=0.02)
    noise = torch.randn(1000, 8, generator=random)
    assert abs(recovered(noise[:500], x, noise[500:], test_x)) < 0.05


@pytest.mark.parametrize("net", ["mlp", "conv"])
def test_every_weight_is_in_one_layer_and_the_code_is_the_narrowest(net: str) -> None:
    made = model("vae", net=net, activation="relu", batch_norm=True, likelihood="mse")
    found = layers(made, DATA.train, DATA.test)
    assert sum(layer.parameters for layer in found) == sum(each.numel() for each in made.parameters())
    assert len({layer.name for layer in found}) == len(found)
    names = [layer.name for layer in found]
    assert names.index("bottleneck.mu") > 0
    code = found[names.index("bottleneck.mu")]
    assert code.shape == (4,)
    before, after = found[0], found[-1]
    assert "ReLU" in before.kind
    assert 0.2 < before.zeros < 0.8
    assert before.recovered > code.recovered
    assert math.prod(after.shape) == 64


@torch.no_grad()
def test_what_an_example_switches_on_is_what_its_layers_give() -> None:
    made, x = model("autoencoder", hidden=(32,), activation="tanh"), DATA.test.x[:1]
    found = activations(made, DATA.test)
    assert list(found) == ["encoder 1", "code", "decoder 1", "decoder 2"]
    hidden = made.encoder(x)[0][0]
    rows = found["encoder 1"][0, 0]
    assert rows.shape == (6, 6)  # 32 numbers and four places more
    assert torch.equal(rows.flatten()[:32], hidden)
    assert not rows.flatten()[32:].any()
    assert torch.equal(found["code"][0, 0].flatten(), made.encode(x)[0])
    assert torch.equal(found["decoder 2"][0], made.decode_raw(made.encode(x))[0])
    maps = activations(model("autoencoder", net="conv"), DATA.test)["encoder 1"]
    assert maps.shape == (8, 1, 4, 4)


@torch.no_grad()
def test_the_steps_of_a_sequence_are_rows() -> None:
    words = load_dataset("words")
    made = build({"variant": "autoencoder", "latent_dim": 4, "units": 16, "embedding": 8}, words.spec)
    found = activations(made, words.test)
    first = found["encoder 1"]
    assert first.shape == (1, 1, 12, 8)  # twelve letters, eight numbers each
    assert torch.equal(first[0, 0], made.get_parameter("encoder.reader.embed.weight")[words.test.x[0]])
    assert found["code"].shape == (1, 1, 2, 2)


def test_a_unit_that_never_fires_is_dead() -> None:
    made = model("autoencoder", hidden=(32,), activation="relu")
    with torch.no_grad():
        made.encoder.get_parameter("blocks.0.0.weight")[:8] = 0
        made.encoder.get_parameter("blocks.0.0.bias")[:8] = -1
    first = layers(made, DATA.train, DATA.test)[0]
    assert first.dead == pytest.approx(8 / 32)
    assert first.zeros >= first.dead
