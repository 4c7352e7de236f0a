"""Networks that are told β, and the prices they are asked for, each held against its formula by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from scipy.stats import arcsine, kstest
from torch import nn

from aecore.bottlenecks import RatedGaussian
from aecore.conditions import ByLogBeta
from aecore.errors import UserError
from aecore.nets import conv, mlp
from aecore.nets.film import Chain, DecoderGate, EncoderGate, Film, Gate, films, gates
from aecore.nets.rates import CodeGate, Eta, RateFeatures, rate_network
from aecore.objectives import Asked, Prices
from aecore.step import Step
from tests.aecore.small import digits

SPEC = digits().spec
X = digits().test.x[:7]
LOG_BETA = torch.linspace(math.log(0.01), math.log(10), 7)[:, None]
CPU = torch.device("cpu")
EACH_NET = pytest.mark.parametrize(
    ("net", "options"),
    [(mlp, {"hidden": (12, 9)}), (conv, {"channels": (8,), "block": "residual", "upsample": "resize"})],
)


def randomise(module: nn.Module) -> None:
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.3)


@pytest.mark.parametrize("shape", [(7, 3), (7, 3, 4, 4), (7, 3 * 16)])
def test_film_scales_and_shifts_each_channel(shape: tuple[int, ...]) -> None:
    film, h, told = Film(3, 5), torch.randn(shape), torch.randn(7, 5)
    assert torch.equal(film(h, told), h)  # it starts as nothing
    randomise(film)
    got = film(h, told).reshape(7, 3, -1)
    for b in range(7):
        for c in range(3):
            s = film.weight[c] @ told[b] + film.bias[c]
            t = film.weight[3 + c] @ told[b] + film.bias[3 + c]
            torch.testing.assert_close(got[b, c], h.reshape(7, 3, -1)[b, c] * s + t)


@pytest.mark.parametrize("kind", [EncoderGate, DecoderGate])
def test_a_gate_is_the_published_formula(kind: type[Gate]) -> None:
    torch.manual_seed(0)
    gate, h = kind(40), torch.randn(7, 40)
    eta = Eta(0.01, 10)(LOG_BETA)
    w, c = gate.weight.detach().numpy(), gate.bias.detach().numpy()
    got = gate(h, eta).detach()
    for b in range(7):
        for k in range(40):
            a = float(w[k]) * float(eta[b]) + float(c[k])
            by_hand = 1 / (1 + math.exp(-a)) if kind is EncoderGate else math.sqrt(max(0.0, 1 - math.exp(a)))
            assert float(got[b, k]) == pytest.approx(
                float(h[b, k]) * by_hand, abs=2e-6 * abs(float(h[b, k])) + 1e-6
            )
    gate(h, eta).sum().backward()
    assert gate.weight.grad is not None
    assert gate.weight.grad.isfinite().all()  # the root's slope at 0 is infinite


def test_eta_has_variance_one_where_log_beta_is_uniform() -> None:
    eta = Eta(0.01, 10)(torch.linspace(math.log(0.01), math.log(10), 100_001)[:, None])
    assert float(eta[0]) == pytest.approx(-math.sqrt(3), abs=1e-5)
    assert float(eta.mean()) == pytest.approx(0, abs=1e-4)
    assert float(eta.var()) == pytest.approx(1, abs=1e-3)


def test_features_are_a_perceptron_on_waves_of_u() -> None:
    torch.manual_seed(0)
    hear = RateFeatures(0.01, 10)
    u = (LOG_BETA + 1.151) / 3.454  # the middle and half the width of ln .01 to ln 10
    waves = [u] + [f(k * math.pi * u / 2) for f in (torch.sin, torch.cos) for k in (1, 2, 3)]
    by_hand = nn.Sequential(hear.first, nn.SiLU(), hear.second, nn.SiLU())(torch.cat(waves, 1))
    torch.testing.assert_close(hear(LOG_BETA), by_hand, atol=1e-3, rtol=1e-3)
    assert by_hand.shape == (7, 16)


def test_the_code_gate_silences_the_last_dimensions_first() -> None:
    gate = CodeGate(5, 0.01, 10)
    got = gate(LOG_BETA)
    c = [math.log(30) + (math.log(0.1**0.5) - math.log(30)) * i / 4 for i in range(5)]  # √(.01 · 10)
    by_hand = [[1 / (1 + math.exp(-2 * (c[i] - float(lb)))) for i in range(5)] for lb in LOG_BETA[:, 0]]
    torch.testing.assert_close(got, torch.tensor(by_hand), atol=1e-5, rtol=1e-5)
    assert bool((got[:, 1:] < got[:, :-1]).all())
    randomise(gate)
    torch.testing.assert_close(gate(LOG_BETA), torch.sigmoid(gate.steepness * (gate.threshold - LOG_BETA)))


def copied(to: nn.Module, of: nn.Module) -> None:
    """Gives the layers of ``to`` the weights of the same layers in ``of``, in order."""
    kinds = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
    pairs = zip(
        (m for m in to.modules() if isinstance(m, kinds)),
        (m for m in of.modules() if isinstance(m, kinds)),
        strict=True,
    )
    for a, b in pairs:
        a.load_state_dict(b.state_dict())


@EACH_NET
def test_at_the_start_a_net_with_film_is_the_net_without(net: Any, options: dict[str, Any]) -> None:
    plain, told = net(SPEC, **options), net(SPEC, 0, films(5), **options)
    copied(told.encoder, plain.encoder)
    hears, z = torch.randn(7, 5), torch.randn(7, 4)
    for a, b in zip(told.encoder(X, None, hears), plain.encoder(X), strict=True):
        assert torch.equal(a, b)
    up, there = told.decoder(4), plain.decoder(4)
    copied(up, there)
    assert torch.equal(up(z, None, hears), there(z))
    randomise(up)
    assert not torch.equal(up(z, None, hears), up(z, None, -hears))


@EACH_NET
def test_every_hidden_layer_is_gated_but_the_one_that_reads_the_code(
    net: Any, options: dict[str, Any]
) -> None:
    network = net(SPEC, 0, gates, **options)
    for part, kind, spared in ((network.encoder, EncoderGate, 0), (network.decoder(4), DecoderGate, 1)):
        bent = sum(isinstance(m, nn.ReLU) for m in part.modules())
        assert sum(isinstance(m, kind) for m in part.modules()) == bent - spared
    first = next(
        m for m in network.decoder(4).modules() if isinstance(m, Chain) and isinstance(m[0], nn.Linear)
    )
    assert not any(isinstance(m, Gate) for m in first)


@pytest.mark.parametrize("conditioning", ["film", "gates"])
def test_what_is_heard_stands_below_the_levels_and_reaches_the_head(conditioning: Any) -> None:
    network = rate_network(mlp, SPEC, conditioning, 0.01, 10)
    features = network.encoder(X, LOG_BETA)
    assert [f.shape[1] for f in features] == list(network.encoder.widths)
    assert torch.equal(features[0], LOG_BETA)
    assert features[1].shape == (7, 16 if conditioning == "film" else 1)
    if conditioning == "gates":
        return
    code = RatedGaussian(4, 0.01, 10)
    code.connect(network.encoder.widths)
    before = code(features)
    mu, logvar = code.head(features[-1]).chunk(2, 1)
    far = code.gate(LOG_BETA)
    torch.testing.assert_close(before.mu, mu * far)
    assert bool((before.logvar - logvar * far).abs().max() < 0.01)  # soft bounds far away
    assert float(code([*features[:2], 1e4 * features[-1]]).logvar.detach().max()) <= 6
    randomise(code.film)
    assert not torch.equal(code(features).mu, before.mu)


@torch.no_grad()
def test_a_dimension_that_is_shut_is_the_prior_whatever_its_weights() -> None:
    network = rate_network(mlp, SPEC, "film", 0.01, 10)
    code = RatedGaussian(2, 0.01, 10)
    code.connect(network.encoder.widths)
    code.gate.threshold.copy_(torch.tensor([1e3, -1e3]))
    q = code([*network.encoder(X, LOG_BETA)[:-1], 3 * torch.randn(7, network.encoder.widths[-1])])
    assert bool((q.kl()[:, 0] > 0).all())
    torch.testing.assert_close(q.kl()[:, 1], torch.zeros(7), atol=1e-4, rtol=0)


def test_prices_are_stratified() -> None:
    torch.manual_seed(0)
    start, end = math.log(0.01) - 0.35, math.log(10) + 0.35
    drawn = Prices(0.01, 10, margin=0.35)(64, CPU)
    strata = ((drawn - start) / (end - start) * 64).floor().long()
    assert sorted(strata.tolist()) == list(range(64))  # one in each
    assert strata.tolist() != list(range(64))  # in no order


def test_the_arcsine_law_is_dense_at_both_ends() -> None:
    torch.manual_seed(0)
    drawn = (Prices(0.01, 10, arcsine=True)(10_000, CPU) - math.log(0.01)) / math.log(1000)
    assert kstest(drawn.numpy(), arcsine.cdf).statistic < 1e-3  # stratified: chance alone comes to .008
    uniform = (Prices(0.01, 10)(10_000, CPU) - math.log(0.01)) / math.log(1000)
    assert kstest(uniform.numpy(), "uniform").statistic < 1e-3


def test_the_price_is_the_one_that_was_asked_for() -> None:
    beta, asked = LOG_BETA[:, 0].exp(), Step(X, X, log_beta=LOG_BETA[:, 0])
    torch.testing.assert_close(torch.as_tensor(Asked()(asked)), beta)
    assert Asked()(Step(X, X)) == Asked(0.3)(Step(X, X)) == 1
    assert str(Asked()) == r"\beta"


@pytest.mark.parametrize(("progress", "share"), [(0.0, 0.0), (0.1, 0.5), (0.2, 1.0), (0.9, 1.0)])
def test_a_price_may_rise_from_nothing_first(progress: float, share: float) -> None:
    asked = Step(X, X, log_beta=LOG_BETA[:, 0], progress=progress)
    torch.testing.assert_close(torch.as_tensor(Asked(0.2)(asked)), share * LOG_BETA[:, 0].exp())


def test_where_no_price_is_named_it_is_one() -> None:
    told = ByLogBeta(0.01, 10)
    assert torch.equal(told(Step(X, X)), torch.zeros(7, 1))
    assert torch.equal(told(Step(X, X, log_beta=LOG_BETA[:, 0])), LOG_BETA)
    assert torch.equal(told.check(None, X), torch.zeros(7, 1))
    torch.testing.assert_close(told.at(4)(Step(X, X)), torch.full((7, 1), math.log(4)))
    assert told.at(4).spec() == {"kind": "log-beta", "size": 1, "range": [0.01, 10]}
    for beta in (0, -1, 0.009, 10.1, math.nan):
        with pytest.raises(UserError, match=r"trained for β from 0\.01 to 10; β = .* is beyond"):
            told.at(beta)
    with pytest.raises(UserError, match=r"log-beta beside .* \(B, 1\); it got shape \(7, 2\)"):
        told.check(torch.zeros(7, 2), X)
