"""The conformance suite: what every registered variant holds with every net."""

from __future__ import annotations

import json
import re

import pytest
import torch
from torch import Tensor

from aecore.bottlenecks import Variational
from aecore.errors import UserError
from aecore.model import Autoencoder
from aecore.nets import NETS
from aecore.objectives import Term
from aecore.step import Step
from aecore.training.optimisers import Descent
from aecore.variants import VARIANTS, build, find, schema
from tests.aecore.small import digits, fit, model, weights
from tests.aecore.variants.conformance import CHECKS, EXEMPT, every_model, every_variant

DATA = digits()
X = DATA.train.x[:32]


def step(of: Autoencoder, progress: float = 0.7) -> Step:
    """Thirty-two real examples, as training would hand them to the model."""
    label = None if DATA.train.label is None else DATA.train.label[:32]
    return of.prepare(Step(X, X, label=label, progress=progress))


def told(of: Autoencoder) -> Tensor | None:
    """What a model is told of the same examples outside of training, or None."""
    label = None if DATA.train.label is None else DATA.train.label[:32]
    return of.told(Step(X, X, label=label))


def test_every_exemption_is_of_a_check_and_a_variant_and_says_why() -> None:
    assert all(check in CHECKS and name in VARIANTS and reason for (check, name), reason in EXEMPT.items())


@every_model("terms")
def test_terms_are_finite_and_of_the_shape_they_declare(variant: str, net: str) -> None:
    made = model(variant, net=net)
    now = step(made)
    passed = made(now)
    for term in made.objective.terms:
        assert isinstance(term, Term)
        value = term(made, now, passed)
        assert value.shape == {"example": (32,), "batch": ()}[term.per]
        assert value.isfinite().all()
        assert term.name
        assert term.unit
        assert term.latex in made.objective.latex
    report = made.losses(now).report
    assert {term.name for term in made.objective.terms} <= report.keys()
    assert ("rate" in report) == made.probabilistic


@every_model("gradient")
def test_a_gradient_reaches_every_parameter_of_each_player(variant: str, net: str) -> None:
    made = model(variant, net=net)
    for stage in made.stages():
        for player in stage.players:
            made.zero_grad()
            player.loss(step(made)).loss.backward()
            for parameter in player.parameters:
                assert parameter.grad is not None
                assert parameter.grad.isfinite().all()
                assert parameter.grad.abs().sum() > 0


@every_model("players")
def test_players_own_every_parameter_exactly_once(variant: str, net: str) -> None:
    made = model(variant, net=net)
    owned = set()
    for stage in made.stages():
        of_stage = [id(p) for player in stage.players for p in player.parameters]
        assert len(of_stage) == len(set(of_stage))
        assert len({player.name for player in stage.players}) == len(stage.players)
        owned |= set(of_stage)
    assert owned == {id(p) for p in made.parameters()}


@every_model("evaluation")
@torch.no_grad()
def test_evaluation_is_deterministic(variant: str, net: str) -> None:
    made = model(variant, net=net, dropout=0.5, batch_norm=True).eval()
    before, beside = weights(made), told(made)
    assert torch.equal(made.encode(X, beside), made.encode(X, beside))
    assert torch.equal(made.reconstruct(X, beside), made.reconstruct(X, beside))
    alone = made.reconstruct(X[:1], beside if beside is None else beside[:1])  # whoever else is in the batch
    assert torch.allclose(alone, made.reconstruct(X, beside)[:1], atol=1e-5)
    assert all(torch.equal(value, weights(made)[name]) for name, value in before.items())


@every_model("descent")
def test_some_steps_on_a_handful_of_examples_lower_the_reconstruction_term(variant: str, net: str) -> None:
    made = model(variant, net=net)

    def distortion() -> Tensor:
        made.eval()
        with torch.no_grad():
            beside = told(made)
            raw = made.decode_raw(made.encode(X, beside), beside)
            return made.likelihood.distortion(raw, X).mean()

    before = distortion()
    made.train()
    for stage in made.stages():
        descents = [Descent(player, "adam", 5e-3, 0, 0, "constant", 0) for player in stage.players]
        for _ in range(60):
            now = step(made)
            for descent in descents:
                descent(descent.player.loss(now).loss, now.progress)
    assert distortion() < 0.9 * before


@every_model("interface")
@torch.no_grad()
def test_a_model_offers_what_pages_and_bundles_ask_for(variant: str, net: str) -> None:
    made = model(variant, net=net)
    with torch.enable_grad():
        fit(made, epochs=1)
    assert made.latent_dim == 4
    beside = told(made)
    seven = None if beside is None else beside[:7]
    z, drawn, sampled = made.encode(X, beside), made.draw(7), made.sample(7, condition=seven)
    assert z.shape == (32, 4)
    assert drawn.shape == (7, 4)
    assert sampled.shape == (7, *DATA.spec.shape)
    images = (made.reconstruct(X, beside), made.decode(z, beside), sampled)
    if made.likelihood.bounded:
        assert all(bool(((image >= 0) & (image <= 1)).all()) for image in images)
    assert torch.equal(made.draw(2, temperature=0)[0], made.draw(2, temperature=0)[1])
    assert made.likelihood.nll(made.decode_raw(z, beside), X).shape == (32,)
    posterior = made.posterior(X, beside)
    assert torch.equal(posterior.mean, z)
    assert tuple(posterior.tensors()) == made.bottleneck.outputs
    assert all(value.shape == (32, 4) for value in posterior.tensors().values())
    assert made.probabilistic == isinstance(posterior, Variational)
    assert json.loads(json.dumps(made.bottleneck.prior_spec())) == made.bottleneck.prior_spec()


@every_variant("json")
def test_defaults_survive_json(variant: str) -> None:
    defaults = {name: option.default for name, option in schema(variant).items()}
    again = json.loads(json.dumps(defaults))
    assert {name: option.read(again[name]) for name, option in schema(variant).items()} == defaults
    torch.manual_seed(0)
    plain = weights(build({"variant": variant}, DATA.spec))
    torch.manual_seed(0)
    said = weights(build({"variant": variant, **again}, DATA.spec))
    assert plain.keys() == said.keys()
    assert all(torch.equal(plain[name], said[name]) for name in plain)


@every_variant("lesson")
def test_a_lesson_has_an_equation_and_a_source(variant: str) -> None:
    row = find(variant)
    assert row.source.startswith("https://")
    assert row.title
    assert row.title.split()[0] in row.summary
    assert row.summary.endswith(".")
    assert len(re.findall(r"\$\$\n.+?\n\$\$", row.lesson, re.DOTALL)) >= 1
    assert ":math:" not in row.lesson
    assert ".. math::" not in row.lesson
    for heading in ("When to use it", "What to look for", "Limits"):
        assert f"**{heading}.**" in row.lesson


@every_variant("lesson")
def test_both_spellings_are_one_name(variant: str) -> None:
    assert find(variant.replace("-", "_")) is find(variant.upper()) is VARIANTS[variant]
    assert VARIANTS[variant].make.__name__ == variant.replace("-", "_")


def test_an_unknown_name_lists_the_choices() -> None:
    with pytest.raises(UserError, match="Did you mean beta-vae"):
        find("beta-va")
    with pytest.raises(UserError, match="no variant called '0'") as error:
        find("0")
    assert all(name in str(error.value) for name in VARIANTS)
    with pytest.raises(UserError, match=r"no net called 'mpl'.*mlp") as error:
        build({"variant": "vae", "net": "mpl"}, DATA.spec)
    assert all(name in str(error.value) for name in NETS)
