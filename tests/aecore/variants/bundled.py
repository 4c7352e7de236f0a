"""A model as a bundle on disk, without its maps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from aecore.bundles import Bundle, LatentSpec, write_bundle
from aecore.data import Dataset
from aecore.model import Autoencoder
from aecore.runs.finish import encoded
from tests.aecore.bundles import standin


def bundled(folder: Path, model: Autoencoder, data: Dataset, variant: str, **config: Any) -> Bundle:
    """The bundle of a model in ``folder``; writing it holds every ONNX function against PyTorch."""
    card = standin.card()
    spec = data.spec
    about = replace(
        card.data,
        name=spec.name,
        kind=spec.kind,
        shape=spec.shape,
        values=spec.values,
        classes=spec.classes,
        factors=spec.factors,
        options=spec.options,
    )
    card = replace(
        card,
        name=folder.name,
        data=about,
        variant=variant,
        config=config,
        latent=LatentSpec.from_json(model.latent_spec()),
    )
    codes = encoded(model.eval(), data.test, np.arange(len(data.test)), maps=())
    return write_bundle(folder, model=model, card=card, codes=codes, history=[])
