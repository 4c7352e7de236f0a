"""What the Train page asks for acts, and what it does not ask for does nothing."""

from __future__ import annotations

import itertools
import sys
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from aecore.data import spec_of
from aecore.errors import UserError
from aecore.options import Option, options_of
from aecore.runs import schema
from aecore.runs.form import IDLE, Field, form
from aecore.step import Step
from aecore.training import Fit
from aecore.variants import VARIANTS, build
from tests.aecore.small import digits
from tests.app.asked import asked, small


@pytest.fixture(autouse=True)
def quick_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is trained on two epochs; what it is worth is looked at elsewhere."""
    monkeypatch.setattr(sys.modules["aecore.variants.perceptual_vae"], "SEEN", 0)


def test_what_changes_no_weight_is_not_asked() -> None:
    training = options_of(Fit).keys()
    for name, row in VARIANTS.items():
        fields, known = asked(name), schema(name, "digits")
        model = build(small(name), spec_of("digits"))
        assert row.solved == (not any(stage.players for stage in model.stages()))
        assert fields.keys() & training == ({"seed", "device"} if row.solved else training)
        single = {each for each, option in known.items() if len(option.choices) == 1}
        left_out = single if row.labels else single | {"labelled"}
        assert known.keys() - fields.keys() == left_out | (training - fields.keys())
    assert asked("contractive")["jacobian_samples"].above == ("latent_dim", "exact_up_to")


@pytest.mark.parametrize("variant", VARIANTS)
def test_who_is_said_to_read_labels_does(variant: str) -> None:
    options = {"prior": "mixture", "by_class": True} if "by_class" in schema(variant, "digits") else {}
    data = digits(32)
    label = data.train.label
    assert label is not None
    some = torch.where(torch.arange(len(label)) % 2 == 0, label, -1)
    known, half = (looked(variant, label=each, **options) for each in (label, some))
    assert VARIANTS[variant].labels == (known != half)


def looked(variant: str, label: Tensor | None = None, **options: Any) -> list[float]:
    """How a small model is drawn, what it loses at some moments, its slopes, its codes and its samples."""
    data = digits(32)
    split = data.train if label is None else replace(data.train, label=label)
    torch.manual_seed(0)
    model = build(small(variant, **options), data.spec)
    found = [sum(float(weight.detach().abs().sum()) for weight in model.parameters())]
    for stage in model.stages():
        found.append(stage.share)
        if stage.solve:
            torch.manual_seed(1)
            stage.solve(split)
        for player, progress in itertools.product(stage.players, (0.1, 0.4, 0.9)):
            torch.manual_seed(2)
            loss = player.loss(
                model.prepare(Step(split.x, split.x, label=split.label, progress=progress))
            ).loss
            model.zero_grad()
            loss.backward()
            slopes = [weight.grad.abs().sum() for weight in model.parameters() if weight.grad is not None]
            found += [loss.item(), float(sum(slopes))]
    torch.manual_seed(3)
    with torch.no_grad():
        told = model.eval().told(Step(split.x, split.x, label=split.label))
        z = model.encode(split.x, told)
        found += [float(z.abs().sum()), float(model.sample(len(split), condition=told).abs().sum())]
    return found


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_is_asked_of_a_model_acts(variant: str) -> None:
    """Another value gives other weights, another loss, or other codes."""
    fields = asked(variant)
    values = {name: field.default for name, field in fields.items()} | small(variant)
    half = torch.where(torch.arange(32) % 2 == 0, torch.arange(32) % 10, -1)
    usual = looked(variant, half)
    for name, field in fields.items():
        idle = field.idle and values[field.idle[0]] in field.idle[1]
        small_enough = field.above and values[field.above[0]] <= values[field.above[1]]
        if idle or small_enough or field.group not in ("model", "network", "likelihood"):
            continue
        if name != "ceiling":  # above which a critic waits, once it has learnt something: see test_vae_gan
            assert acts(variant, half, usual, field), name


def acts(variant: str, label: Tensor, usual: list[float], field: Field) -> bool:
    """Whether another value makes a difference, or none is taken beside those of the small model."""
    taken = False
    for value in others(field):
        with suppress(UserError):
            if looked(variant, label, **{field.name: value}) != usual:
                return True
            taken = True
    return not taken


def others(field: Field) -> list[Any]:
    """Values that are not the default, and no large ones."""
    if field.kind == "list":
        return [[5, 5]]
    if field.kind == "bool":
        return [not field.default]
    if field.choices:
        return [choice for choice in field.choices if choice != field.default]
    assert field.low is not None
    assert field.high is not None
    more = field.default // 2 if field.default >= 16 else min(field.high, 2 * field.default + 4)
    return [each for each in (more, field.low) if each != field.default]


@pytest.mark.parametrize(
    ("data", "nets", "likelihoods"),
    [
        ("digits", {"mlp", "conv", "recurrent", "transformer"}, None),
        ("breast-cancer", None, {"gaussian", "huber", "mse", "natural"}),
        ("waves", {"mlp", "recurrent", "transformer"}, {"gaussian", "huber", "mse", "natural"}),
        ("words", {"recurrent", "transformer"}, {"categorical", "natural"}),
    ],
)
def test_parts_that_never_fit_the_data_are_not_offered(
    data: str, nets: set[str] | None, likelihoods: set[str] | None
) -> None:
    fields = {field.name: field for field in form("autoencoder", data)}
    assert set(fields["net"].choices if "net" in fields else ()) == (nets or set())
    offered = set(fields["likelihood"].choices)
    assert offered == (
        likelihoods or set(schema("autoencoder", data)["likelihood"].choices) - {"categorical"}
    )


def test_a_part_that_does_not_fit_counts_as_not_chosen() -> None:
    chosen = {"net": "conv", "likelihood": "huber"}
    assert form("autoencoder", "breast-cancer", chosen) == form(
        "autoencoder", "breast-cancer", {"likelihood": "huber"}
    )
    with pytest.raises(UserError, match="cnn"):
        form("autoencoder", "breast-cancer", {"net": "cnn"})


def test_where_nothing_fits_everything_is_offered() -> None:
    fields = {field.name: field for field in form("vae-gan", "words")}
    assert fields["net"].choices == schema("vae-gan", "words")["net"].choices


def another(option: Option) -> Any:
    """A value that is not the default."""
    if option.choices:
        return next(choice for choice in option.choices if choice != option.default)
    if option.type is bool:
        return not option.default
    assert option.range
    return option.range.high if option.default != option.range.high else option.range.low


IDLES = [
    (name, option, other, value)
    for name in VARIANTS
    for option, (other, values) in IDLE.items()
    for value in values
    if {option, other} <= schema(name, "digits").keys()
    and value in (schema(name, "digits")[other].choices or (0,))
]


@pytest.mark.parametrize(("variant", "option", "other", "value"), IDLES)
def test_an_option_that_is_not_asked_for_does_nothing(
    variant: str, option: str, other: str, value: Any
) -> None:
    """The same weights and the same loss, whatever it is set to; or it is refused there."""
    data = digits(32)

    def loss(**more: Any) -> tuple[int, float]:
        torch.manual_seed(0)
        model = build(small(variant, **{other: value}, **more), data.spec)
        torch.manual_seed(1)
        for stage in model.stages():
            if stage.players:
                break
            assert stage.solve
            stage.solve(data.train)
        player = stage.players[0]
        step = Step(data.train.x, data.train.x, label=data.train.label, progress=0.7)
        found = player.loss(model.prepare(step)).loss.detach()
        return sum(weight.numel() for weight in model.parameters()), found.item()

    try:
        changed = loss(**{option: another(schema(variant, "digits")[option])})
    except UserError:
        return
    assert changed == loss()
