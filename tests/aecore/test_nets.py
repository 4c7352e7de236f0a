"""Networks: shapes at every size, mirrors, levels, conditions and initialisation."""

from __future__ import annotations

import math
from typing import Any, get_args

import pytest
import torch
from torch import nn

from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.nets import NETS, Network, conv, mlp
from aecore.nets.conv import halvings
from aecore.nets.network import ACTIVATIONS, Activation, Init, initialise

SIZES = [(1, 8, 8), (1, 28, 28), (3, 28, 28), (1, 32, 32), (3, 32, 32), (1, 64, 64), (3, 64, 64), (1, 12, 20)]


def spec(*shape: int) -> DataSpec:
    return DataSpec("pictures", "image", shape, "unit")


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("condition", [0, 3])
@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("net", NETS)
def test_features_go_up_and_pictures_come_down(net: str, shape: tuple[int, ...], condition: int) -> None:
    network: Network = NETS[net](spec(*shape), condition)
    told = torch.randn(5, condition) if condition else None
    x = torch.rand(5, *shape)
    levels = network.encoder(x, told)
    assert [tuple(level.shape) for level in levels] == [(5, width) for width in network.encoder.widths]
    decoder = network.decoder(4)
    raw = decoder(torch.randn(5, 4), told, x) if network.causal else decoder(torch.randn(5, 4), told)
    assert raw.shape == x.shape
    assert network.condition == condition


@pytest.mark.parametrize("net", NETS)
def test_what_a_net_is_told_changes_what_it_says(net: str) -> None:
    network: Network = NETS[net](spec(1, 8, 8), 2)
    x, z = torch.rand(3, 1, 8, 8), torch.randn(3, 4)
    decoder = network.decoder(4)
    a, b = torch.tensor([[1.0, 0.0]]).expand(3, 2), torch.tensor([[0.0, 1.0]]).expand(3, 2)
    assert not torch.equal(network.encoder(x, a)[-1], network.encoder(x, b)[-1])
    given = (x,) if network.causal else ()
    assert not torch.equal(decoder(z, a, *given), decoder(z, b, *given))


def test_the_decoder_mirrors_the_encoder() -> None:
    network = mlp(spec(1, 8, 8), hidden=(32, 16))
    shapes = [tuple(p.shape) for p in network.encoder.parameters() if p.dim() == 2]
    assert shapes == [(32, 64), (16, 32)]
    mirrored = [tuple(p.shape) for p in network.decoder(4).parameters() if p.dim() == 2]
    assert mirrored == [(16, 4), (32, 16), (64, 32)]
    kernels = [
        tuple(m.weight.shape) for m in conv(spec(3, 32, 32)).encoder.modules() if isinstance(m, nn.Conv2d)
    ]
    assert kernels == [(32, 3, 4, 4), (32, 32, 4, 4), (64, 32, 4, 4)]
    ups = conv(spec(3, 32, 32)).decoder(4).modules()
    mirrored = [tuple(m.weight.shape) for m in ups if isinstance(m, nn.ConvTranspose2d)]
    assert mirrored == [(64, 32, 4, 4), (32, 32, 4, 4), (32, 3, 4, 4)]


def test_an_mlp_without_hidden_layers_is_linear() -> None:
    network = mlp(spec(1, 2, 3), hidden=())
    x = torch.rand(4, 1, 2, 3)
    assert torch.equal(network.encoder(x)[-1], x.flatten(1))
    assert network.encoder.widths == (6,)
    decoder = network.decoder(2)
    a, b = torch.randn(4, 2), torch.randn(4, 2)
    torch.testing.assert_close(decoder((a + b) / 2), (decoder(a) + decoder(b)) / 2)


@pytest.mark.parametrize(
    ("side", "count"), [(1, 0), (4, 0), (7, 0), (8, 1), (12, 1), (28, 2), (32, 3), (64, 4)]
)
def test_sides_halve_down_to_four_pixels_at_least(side: int, count: int) -> None:
    assert halvings(side) == count


@pytest.mark.parametrize(
    ("shape", "channels", "said"),
    [
        ((10,), (), r"conv reads images, C×H×W; pictures has shape \(10,\)\. Use --net mlp"),
        ((1, 28, 28), (8, 8, 8), "28×28 pixels halve 2 times at most; --channels asks for 3"),
        ((1, 7, 7), (), "7×7 pixels cannot be halved for conv. Use --net mlp"),
    ],
)
def test_conv_refuses_what_it_cannot_halve(
    shape: tuple[int, ...], channels: tuple[int, ...], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        conv(spec(*shape), channels=channels)


def test_an_output_pixel_of_conv_depends_on_its_neighbourhood_evenly() -> None:
    """Each pixel is written by as many kernel elements as any other: no checkerboard."""
    network = conv(spec(1, 32, 32), channels=(1,))
    up = next(m for m in network.decoder(2).modules() if isinstance(m, nn.ConvTranspose2d))
    nn.init.ones_(up.weight)
    assert up.bias is not None
    nn.init.zeros_(up.bias)
    inner = up(torch.ones(1, 1, 16, 16))[0, 0, 1:-1, 1:-1]
    assert inner.unique().numel() == 1


@pytest.mark.parametrize("net", ["mlp", "conv"])
@pytest.mark.parametrize("activation", get_args(Activation))
def test_the_activation_is_the_one_that_is_named(net: str, activation: Activation) -> None:
    network: Network = NETS[net](spec(1, 8, 8), activation=activation)
    for part in (network.encoder, network.decoder(4)):
        bends = [m for m in part.modules() if isinstance(m, tuple(ACTIVATIONS.values()))]
        assert bends
        assert {type(m) for m in bends} == {ACTIVATIONS[activation]}


@pytest.mark.parametrize("net", ["mlp", "conv"])
def test_dropout_and_batch_norm_are_there_when_asked_for(net: str) -> None:
    def counts(**options: Any) -> tuple[int, int]:
        network: Network = NETS[net](spec(1, 8, 8), **options)
        modules = [*network.encoder.modules(), *network.decoder(4).modules()]
        norms = sum(isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d) for m in modules)
        return sum(isinstance(m, nn.Dropout) for m in modules), norms

    assert counts() == (0, 0)
    drops, norms = counts(dropout=0.2, batch_norm=True)
    assert drops == norms >= 2


@pytest.mark.parametrize("net", ["mlp", "conv"])
def test_batch_norm_normalises_the_hidden_layers_in_training(net: str) -> None:
    network: Network = NETS[net](spec(1, 8, 8), batch_norm=True)
    seen: list[torch.Tensor] = []
    norm = next(m for m in network.encoder.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d))
    norm.register_forward_hook(lambda module, inputs, output: seen.append(output))
    network.encoder(5 + 3 * torch.randn(64, 1, 8, 8))
    out = seen[0].detach().transpose(0, 1).flatten(1)
    torch.testing.assert_close(out.mean(1), torch.zeros(len(out)), atol=1e-4, rtol=0)
    torch.testing.assert_close(out.var(1, correction=0), torch.ones(len(out)), atol=1e-2, rtol=0)


@pytest.mark.parametrize("net", ["mlp", "conv"])
@pytest.mark.parametrize("init", get_args(Init))
def test_weights_start_with_the_spread_of_the_named_initialisation(net: str, init: Init) -> None:
    wide: dict[str, Any] = {"hidden": (400,)} if net == "mlp" else {"dense": 400}
    network: Network = NETS[net](spec(1, 28, 28), init=init, **wide)
    layer = [m for m in network.encoder.modules() if isinstance(m, nn.Linear)][-1]
    fan_out, fan_in = layer.weight.shape
    variance = {
        "torch": 1 / (3 * fan_in),  # PyTorch: uniform of Kaiming with a = √5
        "he": 2 / fan_in,
        "xavier": 2 * 2 / (fan_in + fan_out),  # gain √2 for rectifiers
    }[init]
    assert float(layer.weight.detach().var()) == pytest.approx(variance, rel=0.05)
    assert bool((layer.bias == 0).all()) == (init != "torch")
    tanh: Network = NETS[net](spec(1, 28, 28), init=init, activation="tanh", **wide)
    layer = [m for m in tanh.encoder.modules() if isinstance(m, nn.Linear)][-1]
    gain = {"torch": 1.0, "he": (5 / 3) ** 2 / 2, "xavier": (5 / 3) ** 2 / 2}[init]
    assert float(layer.weight.detach().std()) == pytest.approx(math.sqrt(gain * variance), rel=0.05)


@pytest.mark.parametrize("kind", ["linear", "down", "up"])
def test_he_keeps_the_variance_through_a_rectified_layer(kind: str) -> None:
    """Of what a layer sums, wherever its stride lets the kernel fall: He et al. (2015), eq. 10."""
    layer, shape = {
        "linear": (nn.Linear(200, 300), (200,)),
        "down": (nn.Conv2d(24, 96, 4, 2, 1), (24, 16, 16)),
        "up": (nn.ConvTranspose2d(96, 24, 4, 2, 1), (96, 16, 16)),
    }[kind]
    variances = []
    for _ in range(10):
        initialise(layer, "he", "relu")
        out = layer(torch.randn(16, *shape).relu()).detach()
        inner = out if kind == "linear" else out[..., 2:-2, 2:-2]
        variances.append(float(inner.square().mean()))
    assert sum(variances) / 10 == pytest.approx(1, rel=0.05)


@torch.no_grad()
@pytest.mark.parametrize("init", ["he", "xavier"])
def test_a_sigmoid_starts_with_weights_that_make_up_for_its_slope(init: Init) -> None:
    """Near 0 a sigmoid is 1/2 + x/4: as many inputs as outputs, and their variance stays as it is."""
    layer = nn.Linear(800, 800)
    initialise(layer, init, "sigmoid")
    x = 0.05 * torch.randn(500, 800)
    out = layer(x).sigmoid() - 0.5
    assert float(out.var() / x.var()) == pytest.approx(1, rel=0.05)


def test_depth_and_shrink_say_the_sizes() -> None:
    def widths(**options: Any) -> list[int]:
        return [
            m.out_features
            for m in mlp(spec(1, 8, 8), **options).encoder.modules()
            if isinstance(m, nn.Linear)
        ]

    assert widths(hidden=(256,), depth=3) == [256, 128, 64] == widths(hidden=(256, 128, 64))
    assert widths(hidden=(256,), depth=3, shrink=0.75) == [256, 192, 144]
    assert widths(hidden=(3,), depth=4) == [3, 2, 1, 1]
    network = mlp(spec(1, 8, 8), hidden=(64,), depth=2)
    assert network.encoder.widths == (64, 32)
    assert [tuple(p.shape) for p in network.decoder(4).parameters() if p.dim() == 2] == [
        (32, 4),
        (64, 32),
        (64, 64),
    ]
    with pytest.raises(UserError, match="--depth 2 starts from one width; --hidden gives 3"):
        mlp(spec(1, 8, 8), hidden=(3, 2, 1), depth=2)


def test_encoder_and_decoder_may_bend_differently() -> None:
    network = mlp(spec(1, 8, 8), activation="sigmoid", decoder_activation="tanh")
    assert any(isinstance(m, nn.Sigmoid) for m in network.encoder.modules())
    made = network.decoder(4)
    assert any(isinstance(m, nn.Tanh) for m in made.modules())
    assert not any(isinstance(m, nn.Sigmoid) for m in made.modules())


def test_mlp_leaves_tokens_to_others() -> None:
    with pytest.raises(UserError, match="mlp reads numbers; letters is made of tokens. Use --net recurrent"):
        mlp(DataSpec("letters", "tokens", (5,), "token", vocabulary=("", "a")))
    series = mlp(DataSpec("waves", "series", (5, 2), "real"))
    assert series.decoder(3)(torch.randn(4, 3)).shape == (4, 5, 2)


def test_small_defaults_stay_small() -> None:
    assert parameters(mlp(spec(1, 28, 28)).encoder) == 784 * 512 + 512
    assert parameters(conv(spec(1, 28, 28)).encoder) < 1_000_000
