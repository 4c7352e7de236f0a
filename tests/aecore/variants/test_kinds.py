"""Every variant on series, tokens and a table: refused in a sentence, or what it says is so."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor

from aecore.data import Dataset, Split, load_dataset
from aecore.errors import UserError
from aecore.model import Autoencoder
from aecore.step import Step
from aecore.variants import VARIANTS, build
from tests.aecore.small import fit, head

TINY: dict[str, Any] = {
    "latent_dim": 4, "hidden": (16,), "units": 16, "embedding": 8, "k": 2, "critic_hidden": (8,),
    "teacher_hidden": (16,), "teacher_dim": 4, "m1_dim": 6, "m2_hidden": (8,), "codebook_size": 16,
    "prior_width": 8, "prior_layers": 1,
}  # fmt: skip
KINDS = ("waves", "words", "breast-cancer")
OF_IMAGES = {"perceptual-vae", "vae-gan"}
OF_NUMBERS = {"contractive", "denoising", "distilled", "grown", "linear", "multi-rate-vae", "stacked"}
REFUSED = {(name, data) for name in OF_IMAGES for data in KINDS} | {(name, "words") for name in OF_NUMBERS}


@cache
def some(data: str) -> Dataset:
    """The first examples of a data set."""
    whole = load_dataset(data)
    return replace(whole, train=head(whole.train, 128), validation=head(whole.validation, 0))


def told(made: Autoencoder, of: Split) -> Tensor | None:
    return made.told(Step(of.x, of.x, label=of.label))


def length_error(made: Autoencoder, of: Split) -> float:
    """Steps by which the reconstructions of a series are too long or too short, on average."""
    made.eval()
    with torch.no_grad():
        rebuilt = made.reconstruct(of.x, told(made, of))
    length = (rebuilt[..., -1] >= 0.5).cumprod(1).sum(1)
    return float((length - of.x[..., -1].sum(1)).abs().mean())


@pytest.mark.parametrize("data", KINDS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_refuses_a_kind_or_fits_it(variant: str, data: str) -> None:
    few, config = some(data), {"variant": variant, **TINY}
    torch.manual_seed(0)
    if (variant, data) in REFUSED:
        with pytest.raises(UserError, match=few.spec.name):
            build(config, few.spec)
        return
    made, train = build(config, few.spec), few.train
    x = train.x[:32]
    step = made.eval().prepare(Step(x, x, label=None if train.label is None else train.label[:32]))
    torch.manual_seed(1)
    report = made.losses(step).report
    if "distortion" in report:
        torch.manual_seed(1)
        passed = made(step)
        with torch.no_grad():
            raw = made.decode_raw(passed.z, passed.condition, step.target)
            by_hand = made.likelihood.distortion(raw, step.target).mean()
        torch.testing.assert_close(report["distortion"], by_hand)
    else:
        assert variant == "iwae"
    if few.spec.kind == "series":
        before = length_error(made, train)
        fit(made, few, epochs=8, batch_size=16, lr=1e-2, keep="last")
        assert length_error(made, train) < 0.8 * before
