"""The Jacobian penalty against autograd and a closed form, its estimate against its mean."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.functional import jacobian

from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.model import Autoencoder
from aecore.objectives import JacobianPenalty
from aecore.step import Step
from aecore.variants import build
from tests.aecore.small import digits, epochs, fit, model

DATA = digits(1200)
X = DATA.test.x[:6].double()


def small(**options: Any) -> Autoencoder:
    return model("contractive", **options).double()


def penalty(of: Autoencoder, x: Tensor = X, **options: Any) -> Tensor:
    step = Step(x, x)
    value: Tensor = JacobianPenalty(**options)(of, step, of(step))
    return value


def by_autograd(of: Autoencoder, x: Tensor = X) -> Tensor:
    """‖J‖² of one example after the other."""
    jacobians = [jacobian(lambda row: of.encode(row)[0], each[None]) for each in x]
    return torch.stack([each.square().sum() for each in jacobians])


@pytest.mark.parametrize("net", ["mlp", "conv", "recurrent", "transformer"])
@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_it_is_the_square_of_autograds_jacobian(net: str, activation: str) -> None:
    made = small(net=net, activation=activation)
    torch.testing.assert_close(penalty(made), by_autograd(made), rtol=1e-9, atol=1e-12)


def test_one_sigmoid_layer_has_the_closed_form_of_rifai() -> None:
    """Σ_j (h_j (1 − h_j))² Σ_i W_ji²."""
    made = small(hidden=(), code="sigmoid")
    h = made.encode(X)
    weight = made.bottleneck.get_parameter("z.weight")
    closed = (h * (1 - h)).square() @ weight.square().sum(1)
    torch.testing.assert_close(penalty(made), closed, rtol=1e-10, atol=0)


def test_its_own_gradient_is_that_of_the_closed_form() -> None:
    made = small(hidden=(), code="sigmoid")
    weight = made.bottleneck.get_parameter("z.weight")
    h = made.encode(X)
    closed = (h * (1 - h)).square() @ weight.square().sum(1)
    ours, theirs = (torch.autograd.grad(each.sum(), weight)[0] for each in (penalty(made), closed))
    torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-12)


def test_hutchinsons_estimate_is_unbiased_and_not_the_same_each_time() -> None:
    made = small(activation="tanh")
    exact = penalty(made).detach()
    torch.manual_seed(0)
    estimates = torch.stack([penalty(made, exact_up_to=0).detach() for _ in range(600)])
    error = estimates.std(0) / len(estimates) ** 0.5
    assert bool((error > 0).all())
    assert bool(((estimates.mean(0) - exact).abs() < 4.5 * error).all())
    averaged = torch.stack([penalty(made, exact_up_to=0, samples=8).detach() for _ in range(150)])
    ratio = averaged.var(0).mean() / estimates.var(0).mean()
    assert float(ratio) == pytest.approx(1 / 8, rel=0.35)


def test_the_threshold_is_the_width_of_the_code() -> None:
    made = small()
    assert torch.equal(penalty(made, exact_up_to=4), penalty(made, exact_up_to=4))
    assert not torch.equal(penalty(made, exact_up_to=3), penalty(made, exact_up_to=3))


def test_its_gradient_reaches_the_encoder_and_nothing_else() -> None:
    made = small(activation="gelu")
    penalty(made).sum().backward()
    for name, parameter in made.named_parameters():
        if name.startswith("decoder"):
            assert parameter.grad is None
        elif name != "bottleneck.z.bias":  # the code's offset does not change its slope
            assert parameter.grad is not None
            assert parameter.grad.abs().sum() > 0
    bias = made.bottleneck.get_parameter("z.bias").grad
    assert bias is None or not bias.any()


@pytest.mark.parametrize("net", ["mlp", "conv", "recurrent", "transformer"])
def test_validation_needs_no_gradients_and_leaves_no_graph(net: str) -> None:
    made = small(net=net).eval()
    with torch.no_grad():
        value = penalty(made)
    assert not value.requires_grad
    torch.testing.assert_close(value, penalty(made).detach())


def test_both_terms_go_down_and_the_code_stands_stiller() -> None:
    kept = {}
    for contraction in (0.0, 0.3):
        made = model("contractive", contraction=contraction)
        ends = epochs(fit(made, DATA, epochs=6, lr=3e-3, keep="last"))
        assert ends[-1].validation["distortion"] < 0.8 * ends[0].train["distortion"]
        kept[contraction] = ends[-1].validation["jacobian"]
        if contraction:
            assert ends[-1].validation["loss"] < ends[0].validation["loss"]
    assert kept[0.3] < 0.2 * kept[0.0]
    strong = epochs(fit(model("contractive", contraction=10.0), DATA, epochs=3, lr=3e-3))
    assert strong[-1].validation["jacobian"] < strong[0].train["jacobian"]


def test_batch_normalisation_is_told_apart_only_in_evaluation() -> None:
    made = small(batch_norm=True)
    made(Step(X, X))
    assert penalty(made).isfinite().all()
    made.eval()
    torch.testing.assert_close(penalty(made), by_autograd(made), rtol=1e-9, atol=1e-12)


def test_the_model_itself_is_as_any_other_to_an_export() -> None:
    made = small(code="tanh").eval()
    assert isinstance(made.encoder, nn.Module)
    assert torch.equal(made.encode(X), torch.tanh(made.bottleneck.z(made.encoder(X)[-1])))  # type: ignore[operator]


def test_tokens_have_no_jacobian() -> None:
    words = DataSpec("words", "tokens", (8,), "token", vocabulary=("", "a"))
    with pytest.raises(UserError, match="Tokens have no small changes"):
        build({"variant": "contractive"}, words)
