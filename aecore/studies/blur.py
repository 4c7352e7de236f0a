"""What sharpens a reconstruction?

On digits. A VAE that answers for its pixels alone draws the average of what might have been there: a blur.
Against it stand structure (MS-SSIM), the features of a classifier and those of a discriminator (VAE-GAN).
But a VAE with a lower β spends more nats on the code and is sharper for that reason alone, so each is
trained at three prices of a nat, and its sharpness is to be read at equal rate. Sharpness is 1 where edges
are as strong as the originals'; what it costs in squared error of a pixel stands beside it.
"""

from typing import Any

from aecore.studies.study import DIGITS, Setting, Study

WAYS: dict[str, tuple[dict[str, Any], tuple[float, ...]]] = {
    "VAE": ({"variant": "beta-vae"}, (0.3, 1.0, 3.0)),
    "MS-SSIM": (
        {"variant": "perceptual-vae", "similarity": "ms-ssim", "pixel_weight": 0.1},
        (0.3, 1.0, 3.0),
    ),
    "features": ({"variant": "perceptual-vae", "similarity_weight": 0.1}, (0.3, 1.0, 3.0)),
    "VAE-GAN": ({"variant": "vae-gan", "likelihood": "bernoulli"}, (0.03, 0.1, 0.3)),
}

STUDY = Study(
    name="blur",
    title="What sharpens a reconstruction?",
    varies="held to",
    metric="sharpness",
    also=("rate", "mse", "sample_frechet"),
    common={
        "digits": {**DIGITS, "latent_dim": 16, "hidden": [256], "activation": "gelu", "binarise": "threshold"}
    },
    settings=tuple(
        Setting(f"{way}, β {beta:g}", {**config, "beta": beta}, family=way)
        for way, (config, betas) in WAYS.items()
        for beta in betas
    ),
    plane=("rate", "sharpness"),
    module=__name__,
)
