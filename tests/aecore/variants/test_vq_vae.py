"""VQ-VAE: two stages that keep to their own parameters, −ELBO by hand, and codes in use."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import pytest
import torch
from scipy.special import softmax
from torch.nn.functional import cross_entropy

import aecore
from aecore.bundles import LatentSpec
from aecore.bundles.runtime import load_function
from aecore.data import Split
from aecore.errors import UserError
from aecore.objectives import Term
from aecore.stages.quantised import Quantised
from aecore.step import Step
from aecore.training import EpochEnd, Fit
from aecore.variants import build
from tests.aecore.sequences import TOKENS, examples
from tests.aecore.small import digits, epochs, equal, fit, model, weights

DATA = digits(1200)
SMALL: dict[str, Any] = {"latent_dim": 8, "codebook_size": 32, "prior_width": 32, "prior_layers": 1}


def vq(**options: Any) -> Quantised:
    return cast(Quantised, model("vq-vae", **{**SMALL, **options}))


@pytest.mark.parametrize("update", ["ema", "gradient"])
def test_both_losses_go_down_on_real_data_and_the_codebook_is_in_use(update: str) -> None:
    made = vq(codebook_update=update)
    ends = epochs(fit(made, DATA, epochs=12, lr=5e-3, keep="last"))
    train = [end.train for end in ends if end.stage == "train"]
    prior = [end.validation["prior_nats"] for end in ends if end.stage == "prior"]
    assert train[-1]["distortion"] < train[0]["distortion"] - 10
    assert train[-1]["loss"] < train[0]["loss"]
    assert ("codebook" in train[0]) == (update == "gradient")
    assert prior[-1] < prior[0] < 4 * math.log(32)  # below what a uniform prior costs
    found = made.diagnostics(DATA.test)
    assert cast(float, found["codebook_perplexity"]) > 16  # of 32
    assert found["uniform_nats"] == pytest.approx(4 * math.log(32))


@pytest.mark.parametrize("name", ["codebook", "commitment"])
def test_each_term_of_the_codebook_goes_down_by_itself(name: str) -> None:
    made, x = vq(codebook_update="gradient", restart=0), DATA.train.x[:256]
    made(Step(x, x))  # the codebook starts
    made.bottleneck.codebook.data.add_(0.3 * torch.randn(32, 2))
    made.eval()
    (term,) = (term for term in made.objective.terms if isinstance(term, Term) and term.name == name)
    optimiser = torch.optim.Adam(made.parameters(), 3e-3)
    values = []
    for _ in range(40):
        value = term(made, Step(x, x), made(Step(x, x))).mean()
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        values.append(float(value.detach()))
    assert values[-1] < 0.7 * values[0]


def test_commitment_does_not_grow_with_the_batch() -> None:
    made, x = vq().eval(), DATA.train.x
    small = made.losses(Step(x[:64], x[:64])).report["commitment"]
    twice = torch.cat([x[:64], x[:64]])
    torch.testing.assert_close(made.losses(Step(twice, twice)).report["commitment"], small)


def test_the_prior_is_trained_on_codes_that_stand_still() -> None:
    made = vq()
    before, moved = weights(made), dict[str, set[str]]()
    for event in Fit(made, DATA, epochs=4, batch_size=64, device="cpu"):
        if isinstance(event, EpochEnd):
            after = weights(made)
            changed = {name for name in after if not torch.equal(before[name], after[name])}
            moved[event.stage] = moved.get(event.stage, set()) | changed
            before = after
    assert not any(name.startswith("bottleneck.prior.") for name in moved["train"])
    assert {"bottleneck.codebook", "bottleneck.counts", "bottleneck.z.weight"} <= moved["train"]
    assert moved["prior"] == {f"bottleneck.prior.{n}" for n, _ in made.bottleneck.prior.named_parameters()}


def test_the_priors_loss_leaves_nothing_in_the_autoencoder() -> None:
    made, x = vq(net="conv", batch_norm=True).train(), DATA.train.x[:32]
    made(Step(x, x))
    before = weights(made)
    made.prior_loss(Step(x, x)).loss.backward()
    assert equal(weights(made), before)  # no BatchNorm statistics, no averages of the codebook
    asked = {name for name, p in made.named_parameters() if p.grad is not None}
    assert asked == {f"bottleneck.prior.{name}" for name, _ in made.bottleneck.prior.named_parameters()}
    assert made.encoder.training
    assert all(p.requires_grad for p in made.parameters())


@torch.no_grad()
def test_its_bound_is_that_of_a_point_mass() -> None:
    made = vq(likelihood="gaussian").eval()
    with torch.enable_grad():
        fit(made, DATA, epochs=2)
    x = DATA.test.x
    indices = made.indices(x)
    logits = made.bottleneck.prior(indices)
    nats = sum(cross_entropy(logits[:, t], indices[:, t]) for t in range(4))  # −log p(z), the KL of a point
    nll = made.likelihood.nll(made.decode_raw(made.encode(x)), x).mean()
    found = made.diagnostics(DATA.test)
    assert found["prior_nats"] == pytest.approx(float(nats), rel=1e-5)
    assert found["prior_bits"] == pytest.approx(float(nats) / math.log(2), rel=1e-5)
    assert found["negative_elbo"] == pytest.approx(float(nll + nats), rel=1e-5)
    counted = indices.unique(return_counts=True)[1] / indices.numel()
    assert found["codebook_perplexity"] == pytest.approx(
        float((-(counted * counted.log()).sum()).exp()), rel=1e-4
    )
    assert found["codes_used"] == len(counted)
    assert found["codebook_examples"] == len(x)
    assert "negative_elbo" not in vq(likelihood="huber").diagnostics(DATA.test)


@torch.no_grad()
def test_the_bound_of_a_causal_decoder_is_of_each_token_given_those_before() -> None:
    torch.manual_seed(0)
    small = {**SMALL, "units": 16, "heads": 2, "depth": 1}
    made = cast(Quantised, build({"variant": "vq-vae", "net": "transformer", **small}, TOKENS)).eval()
    for parameter in made.decoder.parameters():
        parameter.mul_(3)  # far from evenly probable, so that what is given matters
    x = examples(TOKENS, [6, 5, 4, 3, 2, 1] * 8)
    logits = made.decoder(made.encode(x), None, x)
    nats = torch.zeros(len(x))
    for t in range(6):
        counts = (x[:, :t] != 0).all(1)  # the end has not come before
        nats += counts * cross_entropy(logits[:, t], x[:, t], reduction="none")
    found = made.diagnostics(Split(x))
    expected = float(nats.mean()) + cast(float, found["prior_nats"])
    assert found["negative_elbo"] == pytest.approx(expected, rel=1e-5)


@torch.no_grad()
def test_draws_are_codes_of_the_codebook() -> None:
    made = vq().eval()
    drawn = made.draw(20).unflatten(1, (4, 2))
    assert (drawn[:, :, None] == made.bottleneck.codebook).all(3).any(2).all()
    assert torch.equal(made.encode(DATA.test.x), made.bottleneck.lookup(made.indices(DATA.test.x)))


@torch.no_grad()
def test_what_is_exported_runs_and_is_checked_away_from_ties() -> None:
    made = vq().eval()
    functions = made.functions()
    assert functions.keys() == {"encoder", "decoder", "prior", "lookup"}
    random = torch.Generator().manual_seed(0)
    x = functions["encoder"].inputs[0].example(3, random)
    assert x.shape == (3, 1, 8, 8)
    assert (made.margin(x) > 1e-3).all()
    usual = torch.rand(200, 1, 8, 8, generator=random)
    assert made.margin(x).min() > made.margin(usual).median()
    prefix, length = (each.example(5, random) for each in functions["prior"].inputs)
    assert prefix.shape == (5, 4)
    assert length.shape == (5,)
    assert functions["prior"].module(prefix, length)[0].shape == (5, 32)
    assert functions["lookup"].module(prefix)[0].shape == (5, 8)
    assert LatentSpec.from_json(made.latent_spec()).codebook is not None


def test_a_width_must_divide_the_code() -> None:
    with pytest.raises(UserError, match="8 numbers do not fall into slots of 3"):
        vq(slot_width=3)
    with pytest.raises(UserError, match="--prior-width is a multiple of 4; 126 is not"):
        model("vq-vae", prior_width=126)


@pytest.mark.usefixtures("quick_maps", "own_home")
def test_a_bundle_draws_new_examples_without_torch() -> None:
    options: dict[str, Any] = {**SMALL, "hidden": [32], "epochs": 3, "device": "cpu", "store": "half"}
    bundle = aecore.train("vq-vae", "digits", **options)
    book = bundle.card.latent.codebook
    assert book is not None
    assert (book.size, book.slots, book.width) == (32, 4, 2)
    run: dict[str, Any] = {
        name: load_function(bundle.file(entry.file)) for name, entry in bundle.card.onnx.items()
    }
    n, random = 50, np.random.default_rng(0)
    prefix = np.zeros((n, book.slots), np.int64)
    for t in range(book.slots):
        logits = run["prior"]({"prefix": prefix, "length": np.full(n, t)})["logits"]
        chance = softmax(logits.astype(float), axis=1)
        prefix[:, t] = [random.choice(book.size, p=each) for each in chance]
    z = run["lookup"]({"indices": prefix})["z"]
    made = cast(Quantised, bundle.model())
    with torch.no_grad():
        torch.testing.assert_close(torch.from_numpy(z), made.bottleneck.lookup(torch.from_numpy(prefix)))
    assert bundle.decode(z).shape == (n, 1, 8, 8)
    assert np.mean(bundle.encode(DATA.test.x.numpy())["z"] == made.encode(DATA.test.x).numpy()) > 0.99
    assert cast(float, bundle.card.metrics["negative_elbo"]) > 0
    assert bundle.card.latent.prior.kind == "autoregressive"


def test_an_interrupted_training_goes_on_as_if_nothing_had_happened() -> None:
    straight, resumed = vq(), vq()
    whole, rest = (
        Fit(each, digits(256), epochs=4, batch_size=64, device="cpu") for each in (straight, resumed)
    )
    stored = []
    for event in whole:
        if isinstance(event, EpochEnd):
            stored.append(({name: value.clone() for name, value in whole.tensors().items()}, whole.numbers()))
    for tensors, numbers in (stored[0], stored[-1]):  # in the first stage, and in the prior's
        rest.restore(tensors, numbers)
        list(rest)
        assert equal(weights(straight), weights(resumed))
