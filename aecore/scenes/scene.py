"""``scene.json``: what there is to show of a bundle, in the words that pages use for it."""

from __future__ import annotations

from typing import Any

from aecore.bundles import Bundle

VERSION = 1
WEIGHTS = "model.safetensors"
UNITS = {"pseudo-bernoulli": "pseudo-nats", "huber": "Huber units"}


def title(bundle: Bundle) -> str:
    """A bundle's name in a list: variant, dimensions, and β where it is an option."""
    price = f" · β = {beta(bundle):g}" if "beta" in bundle.card.config and beta(bundle) is not None else ""
    return f"{bundle.card.title} · {dims(bundle)}{price}"


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
        "data": {
            "name": data.name,
            "title": data.title,
            "kind": data.kind,
            "shape": list(data.shape),
            "values": data.values,
            "classes": list(data.classes),
            "factors": [{"name": each.name, "values": list(each.values)} for each in data.factors],
        },
        "latent": {"kind": latent.kind, "dim": latent.dim, "prior": latent.prior.kind},
        "beta": beta(bundle),
        "split": card.codes_split,
        "error_unit": error_unit(bundle),
        "count": len(bundle.codes),
        "maps": maps(bundle),
        "kl_per_dimension": kl if isinstance(kl, list) else None,
        **{
            name: {"file": each.file, "inputs": list(each.inputs), "outputs": list(each.outputs)}
            for name, each in card.onnx.items()
            if name in ("encoder", "decoder")
        },
        "weights": WEIGHTS,
    }
