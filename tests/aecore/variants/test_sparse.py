"""Sparse, k-sparse and overcomplete autoencoders on digits: each penalty does what it is there for."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch

from aecore.errors import UserError
from aecore.metrics import METRICS
from aecore.model import Autoencoder
from aecore.runs import complete
from aecore.step import Step
from aecore.variants import find
from tests.aecore.small import digits, epochs, fit, model

DATA = digits(1200)
X = DATA.test.x


def trained(variant: str, **options: Any) -> tuple[Autoencoder, dict[str, float]]:
    made = model(variant, **{"latent_dim": 32, **options})
    fit(made, DATA, epochs=8, lr=3e-3, keep="last")
    said = made.diagnostics(DATA.test)
    assert said.keys() <= METRICS.keys()
    return made, {name: value for name, value in said.items() if isinstance(value, float)}


def test_kl_pulls_mean_activations_to_their_target_and_both_terms_go_down() -> None:
    made = model("sparse", latent_dim=32, target=0.1, sparsity=1.0)
    ends = epochs(fit(made, DATA, epochs=10, lr=3e-3))
    for term in ("distortion", "kl_sparsity"):
        assert ends[-1].validation[term] < ends[0].train[term]
    weak = trained("sparse", sparsity=0.0)[1]["mean_activation"]
    strong = made.diagnostics(DATA.test)["mean_activation"]
    assert strong == pytest.approx(0.1, abs=0.03)
    assert weak > 0.3


def test_l1_makes_zeros_and_both_terms_go_down() -> None:
    ends = epochs(fit(model("sparse", latent_dim=32, penalty="l1", sparsity=1.0), DATA, lr=3e-3))
    for term in ("distortion", "l1_of_code"):
        assert ends[-1].validation[term] < ends[0].train[term]
    free, held = (trained("sparse", penalty="l1", sparsity=price)[1] for price in (0.0, 0.01))
    assert held["mean_activation"] < 0.5 * free["mean_activation"]
    assert held["zero_share"] > free["zero_share"] + 0.1


def test_codes_of_k_sparse_have_k_numbers() -> None:
    made, said = trained("k-sparse", k=4)
    with torch.no_grad():
        assert set(made.encode(X).count_nonzero(dim=1).tolist()) == {4}
    assert said["zero_share"] >= 1 - 4 / 32
    assert said["population_sparsity"] > 0.7


def test_k_sparse_goes_down() -> None:
    ends = epochs(fit(model("k-sparse", latent_dim=32, k=4), DATA, epochs=6, lr=3e-3))
    assert ends[-1].validation["distortion"] < 0.8 * ends[0].validation["distortion"]


def test_a_step_tells_k_sparse_how_far_training_is() -> None:
    made = model("k-sparse", latent_dim=32, k=4, start_k=32)
    for progress, left in ((0.0, 32), (0.25, 18), (0.75, 4)):
        z = made(Step(X, X, progress=progress)).z
        assert set(z.count_nonzero(dim=1).tolist()) == {left}


def test_k_beyond_the_code_is_refused() -> None:
    with pytest.raises(UserError, match="--k is at most --latent-dim, 4; 5 is not"):
        model("k-sparse", k=5)
    with pytest.raises(UserError, match="--start-k is at most --latent-dim, 4; 5 is not"):
        model("k-sparse", start_k=5)


def test_k_falls_from_where_it_starts_and_never_rises() -> None:
    with pytest.raises(UserError, match="--start-k is at least --k, 4, or 0 for k throughout; 3 is neither"):
        model("k-sparse", latent_dim=32, k=4, start_k=3)
    for start_k in (0, 4):
        made = model("k-sparse", latent_dim=32, k=4, start_k=start_k)
        assert set(made(Step(X, X, progress=0.0)).z.count_nonzero(dim=1).tolist()) == {4}


def warning(**options: Any) -> str:
    config = complete({"variant": "overcomplete", "data": "digits", "latent_dim": 64, **options})
    return find("overcomplete").warn(DATA.spec, config)


@pytest.mark.parametrize(
    "guard",
    [
        {"penalty": "l1", "sparsity": 0.1},
        {"penalty": "kl", "sparsity": 0.1},
        {"noise": 0.1},
        {"code_dropout": 0.1},
        {"weight_decay": 1e-4},
        {"l1": 1e-4},
        {"dropout": 0.1},
    ],
)
def test_any_regulariser_silences_the_warning(guard: dict[str, Any]) -> None:
    bare = {"penalty": "none"}
    assert "Nothing stops a code of 64 numbers from copying an example of 64" in warning(**bare)
    assert warning(**(bare | guard)) == ""


def test_a_penalty_that_costs_nothing_is_none_and_a_narrow_code_is_not_overcomplete() -> None:
    assert "Nothing stops" in warning(sparsity=0.0)
    assert "A code of 63 is not overcomplete" in warning(latent_dim=63)
    assert warning() == ""
    assert find("vae").warn(DATA.spec, {}) == ""


def test_building_a_model_again_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model("overcomplete", latent_dim=64, penalty="none")


@torch.no_grad()
def test_without_a_regulariser_it_copies_and_with_one_it_does_not() -> None:
    errors, kinds = {}, dict[str, dict[str, Any]](bare={"penalty": "none"}, l1={"sparsity": 0.1})
    for name, options in kinds.items():
        made = model("overcomplete", latent_dim=64, hidden=(), **options)
        with torch.enable_grad():
            fit(made, DATA, epochs=15, lr=1e-2, keep="last")
        errors[name] = float((made.reconstruct(X) - X).square().mean())
    assert errors["bare"] < 0.006  # a PCA of 16 leaves more than .01
    assert errors["l1"] > 4 * errors["bare"]


def test_noise_and_dropout_are_there_in_training_only() -> None:
    made = model("overcomplete", noise=0.5, code_dropout=0.5)
    step = made.prepare(Step(X, X))
    assert torch.equal(step.target, X)
    assert float((step.input - X).std()) == pytest.approx(0.5, rel=0.1)
    assert int((made(step).z == 0).sum()) > int((made.eval()(step).z == 0).sum())
    assert model("overcomplete").corruption is None


def test_the_penalty_is_of_the_code_that_the_decoder_reads() -> None:
    made = model("overcomplete", latent_dim=64, code_dropout=0.5, sparsity=0.7).train()
    step = Step(X, X)
    torch.manual_seed(2)
    loss = made.losses(step).loss
    torch.manual_seed(2)
    z = made(step).z
    code = made.eval().encode(X)
    m = torch.where(z == 0, 0.0, 2.0)
    torch.testing.assert_close(z, m * code)
    assert 0.4 < float((m == 0).float().mean()) < 0.6 + float((code == 0).float().mean())
    off = 0.5 * (torch.sigmoid(made.decoder(z)) - X).square().sum((1, 2, 3))
    torch.testing.assert_close(loss, (off + 0.7 * (m * code).abs().sum(1)).mean())
    assert r"\lambda\,\Omega(m \odot f_\phi(\tilde x))" in find("overcomplete").lesson


def test_every_term_of_the_overcomplete_goes_down() -> None:
    for penalty, term in (("l1", "l1_of_code"), ("kl", "kl_sparsity")):
        made = model("overcomplete", latent_dim=64, penalty=penalty, sparsity=1.0)
        ends = epochs(fit(made, DATA, epochs=4, lr=3e-3))
        assert ends[-1].validation["distortion"] < ends[0].train["distortion"]
        assert ends[-1].validation[term] < ends[0].train[term]
