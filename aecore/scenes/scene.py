"""``scene.json``: what there is to show of a bundle, in the words that pages use for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from aecore.bundles import Bundle, DataCard
from aecore.bundles.titles import title as titled
from aecore.errors import UserError
from aecore.latent import score
from aecore.scenes import coded
from aecore.scenes.views import views

VERSION = 7
WEIGHTS = "model.safetensors"
FUNCTIONS = ("encoder", "decoder", "prior", "lookup", "classifier")
MEASURED = (
    "rmse", "codebook_perplexity", "codes_used", "rate_per_level", "classification_error", "zero_share",
    "mean_activation",
)  # fmt: skip
PRIORS = {"vamp": "VampPrior, learned", "swiss-roll": "Swiss roll", "mixture": "Mixture of Gaussians"}
NATURAL = {"binary": "bernoulli", "token": "categorical"}  # by the data's values; else a Gaussian
UNITS = {"pseudo-bernoulli": "pseudo-nats", "huber": "Huber units"}


def title(bundle: Bundle) -> str:
    """A bundle's name in a list: its model's, dimensions, and β where it is an option."""
    card = bundle.card
    price = f" · β = {beta(bundle):g}" if "beta" in card.config and beta(bundle) is not None else ""
    split = f" · {card.codes_split}" if card.codes_split != "test" else ""
    return f"{titled(card)} · {dims(bundle)}{price}{split}"


def titles(bundles: Sequence[Bundle]) -> dict[str, str]:
    """The title of each bundle by its id, with its name where another of the same data has that title too."""
    return apart({each.id: title(each) for each in bundles})


def apart(said: Mapping[str, str]) -> dict[str, str]:
    """Titles by id, ``data/name``; those that others of the same data have too with the name behind them."""
    parts = {each: each.split("/") for each in said}
    count = Counter((data, said[each]) for each, (data, _) in parts.items())
    return {
        each: said[each] + (f" · {name}" if count[data, said[each]] > 1 else "")
        for each, (data, name) in parts.items()
    }


def examples(bundle: Bundle) -> str:
    """What two bundles share exactly when their codes are of examples of the same split of the same data."""
    card, data = bundle.card, bundle.card.data
    return coded.examples(data, card.codes_split, card.codes_fingerprint or data.fingerprint)


def beta(bundle: Bundle) -> float | None:
    """What a nat of code costs in the bundle's objective, as far as it is one number."""
    card = bundle.card
    given = card.config.get("beta", 1 if card.variant == "vae" else None)
    return float(given) if isinstance(given, int | float) else None


def dims(bundle: Bundle) -> str:
    """How many numbers a code has, in words."""
    dim = bundle.card.latent.dim
    return f"{dim} dims" if dim > 1 else "1 dim"


def error_unit(bundle: Bundle) -> str:
    """What the error of a reconstruction is measured in: the likelihood's unit."""
    return UNITS.get(str(bundle.card.config.get("likelihood", "")), "nats")


def constants(metrics: Mapping[str, object]) -> float | None:
    """What −log p(x|z) has beyond the distortion, nats per example; None where the likelihood is none.

    −ELBO, rate and distortion of a card are at the same draw of z, so that this is the same at every β.
    """
    bound, rate, distortion = (metrics.get(name) for name in ("negative_elbo", "rate", "distortion"))
    if not (isinstance(bound, float) and isinstance(rate, float) and isinstance(distortion, float)):
        return None
    return round(bound - rate - distortion, 6) + 0.0  # no −0


def likelihood(config: Mapping[str, object], data: DataCard) -> str:
    """What the error is measured by; empty where the card does not say."""
    name = str(config.get("likelihood", ""))
    return NATURAL.get(data.values, "gaussian") if name == "natural" else name


def basis(examples: str, config: Mapping[str, object], data: DataCard) -> dict[str, str]:
    """What two models have in common exactly when their distortions can be compared.

    Args:
        examples: Those it was measured on, as :func:`examples` says it.
        config: The whole configuration.
        data: What it was trained on.
    """
    binarise = str(config.get("binarise", "none"))
    return {"examples": examples, "likelihood": likelihood(config, data), "binarise": binarise}


def key(bundle: Bundle) -> str:
    """What tells this bundle from another of its name, for URLs whose content never changes."""
    return f"{bundle.card.digest[:16]}-{VERSION}"


def own_files(bundle: Bundle) -> list[str]:
    """The bundle's own files that a browser gets: the exported functions and the weights."""
    return sorted(file for file in bundle.card.files if file.endswith(".onnx") or file == WEIGHTS)


def maps(bundle: Bundle) -> list[str]:
    """The maps there are, those in three dimensions last."""
    found = bundle.codes
    names = [name for name in ("pca", "umap", "tsne") if name in found.maps]
    solid = {"pca3": found.mu.shape[1] > 2, "umap3": found.umap3 is not None}
    return names + [name for name, there in solid.items() if there]


def prior_title(bundle: Bundle) -> str:
    """What codes are drawn from, by its honest name."""
    latent, chosen = bundle.card.latent, bundle.card.config.get("prior")
    if latent.prior.kind == "standard-normal":
        return "Prior N(0, I)"
    if latent.prior.kind == "fitted-gaussian":
        return "Fitted Gaussian"
    if latent.prior.kind == "autoregressive":
        return "Autoregressive prior"
    if latent.kind == "ladder":
        return f"Prior of {len(latent.levels)} levels, learned"
    return PRIORS.get(str(chosen), "The model's own prior")


def noise(bundle: Bundle) -> float | None:
    """σ of the noise that the model was trained to undo, where it gives a score field."""
    try:
        return score.sigma(bundle)
    except UserError:
        return None


def of_data(data: DataCard) -> dict[str, Any]:
    """What a scene and a sweep say of their data."""
    return {
        "name": data.name,
        "title": data.title,
        "kind": data.kind,
        "shape": list(data.shape),
        "values": data.values,
        "classes": list(data.classes),
        "factors": [{"name": each.name, "values": list(each.values)} for each in data.factors],
        "vocabulary": list(data.vocabulary),
        "columns": list(data.columns),
        "centre": list(data.centre),
        "scale": list(data.scale),
    }


def describe(bundle: Bundle) -> dict[str, Any]:
    """What ``scene.json`` says.

    Raises:
        BundleError: If the codes are damaged.
    """
    card, latent, data = bundle.card, bundle.card.latent, bundle.card.data
    kl = card.metrics.get("kl_per_dimension")
    return {
        "version": VERSION,
        "id": bundle.id,
        "title": title(bundle),
        "note": card.note,
        "data": of_data(data),
        "latent": {
            "kind": latent.kind,
            "dim": latent.dim,
            "prior": latent.prior.kind,
            "prior_title": prior_title(bundle),
            "levels": list(latent.levels),
            "codebook": asdict(latent.codebook) if latent.codebook else None,
            "condition": latent.condition.to_json() if latent.condition else None,
        },
        "views": views(data.kind, latent),
        "score": noise(bundle),
        "measured": {name: card.metrics[name] for name in MEASURED if name in card.metrics},
        "beta": beta(bundle),
        "split": card.codes_split,
        "error_unit": error_unit(bundle),
        **basis(examples(bundle), card.config, data),
        "constants": constants(card.metrics),
        "count": len(bundle.codes),
        "maps": maps(bundle),
        "kl_per_dimension": kl if isinstance(kl, list) else None,
        "rate_distortion": [
            asdict(point) | {"kl_per_dimension": list(point.kl_per_dimension)}
            for point in card.rate_distortion
        ],
        **{
            name: {"file": each.file, "inputs": list(each.inputs), "outputs": list(each.outputs)}
            for name, each in card.onnx.items()
            if name in FUNCTIONS
        },
        "weights": WEIGHTS,
    }
