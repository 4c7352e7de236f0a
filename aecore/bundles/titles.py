"""What a bundle's model is called: its variant, and what tells it from the plain one."""

from __future__ import annotations

from typing import Any

from aecore.bundles.card import Card

DEEP = 3  # hidden layers from which a network is called deep
ALWAYS_DEEP = ("grown", "stacked")  # variants of which nobody has to say so

SAID: dict[str, dict[str, str]] = {
    "net": {"conv": "convolutional", "recurrent": "recurrent", "transformer": "transformer"},
    "block": {"residual": "residual", "separable": "separable"},
    "posterior": {"iaf": "IAF posterior"},
    "prior": {"vamp": "VampPrior", "mixture": "mixture", "swiss-roll": "Swiss roll"},
    "corruption": {"gaussian": "Gaussian", "salt-and-pepper": "salt and pepper", "masking": "masking"},
    "penalty": {"kl": "KL", "l1": "L1"},
    "similarity": {"ms-ssim": "MS-SSIM"},
    "pretraining": {"rbm": "by RBMs"},
    "conditioning": {"gates": "gates"},
}
"""Options that make another model, with the values that are said."""


def title(card: Card) -> str:
    """A model's name, as in ``VAE, convolutional, residual`` or ``Denoising autoencoder, masking``."""
    config = card.config
    words = [said[value] for name, said in SAID.items() if (value := str(config.get(name))) in said]
    if _hidden(config) >= DEEP and card.variant not in ALWAYS_DEEP:
        words.insert(0, "deep")
    if _positive(config.get("free_bits")):
        words.append("free bits")
    return ", ".join([card.title, *words])


def _hidden(config: dict[str, Any]) -> int:
    """How many hidden layers were asked for."""
    given = config.get("hidden")
    return max(len(given) if isinstance(given, list | tuple) else 0, int(config.get("depth") or 0))


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and value > 0
