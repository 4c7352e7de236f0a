"""The variants, a file each. To add one: write the file, import it here, test it."""

from aecore.variants.autoencoder import autoencoder
from aecore.variants.beta_vae import beta_vae
from aecore.variants.denoising import denoising
from aecore.variants.registry import VARIANTS, Variant, build, check_collisions, find, schema, variant
from aecore.variants.vae import vae

__all__ = [
    "VARIANTS",
    "Variant",
    "autoencoder",
    "beta_vae",
    "build",
    "check_collisions",
    "denoising",
    "find",
    "schema",
    "vae",
    "variant",
]
