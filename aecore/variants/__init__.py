"""The variants, a file each. To add one: write the file, import it here, test it."""

from aecore.variants.adversarial import adversarial
from aecore.variants.autoencoder import autoencoder
from aecore.variants.beta_tc_vae import beta_tc_vae
from aecore.variants.beta_vae import beta_vae
from aecore.variants.conditional_autoencoder import conditional_autoencoder
from aecore.variants.conditional_vae import conditional_vae
from aecore.variants.contractive import contractive
from aecore.variants.denoising import denoising
from aecore.variants.dip_vae import dip_vae
from aecore.variants.distilled import distilled
from aecore.variants.factor_vae import factor_vae
from aecore.variants.grown import grown
from aecore.variants.info_vae import info_vae
from aecore.variants.iwae import iwae
from aecore.variants.k_sparse import k_sparse
from aecore.variants.ladder_vae import ladder_vae
from aecore.variants.linear import linear
from aecore.variants.m1_m2 import m1_m2
from aecore.variants.m2 import m2
from aecore.variants.multi_rate_vae import multi_rate_vae
from aecore.variants.overcomplete import overcomplete
from aecore.variants.perceptual_vae import perceptual_vae
from aecore.variants.registry import VARIANTS, Variant, build, check_collisions, find, schema, variant
from aecore.variants.sparse import sparse
from aecore.variants.stacked import stacked
from aecore.variants.vae import vae
from aecore.variants.vae_gan import vae_gan
from aecore.variants.vq_vae import vq_vae
from aecore.variants.wae_mmd import wae_mmd

__all__ = [
    "VARIANTS",
    "Variant",
    "adversarial",
    "autoencoder",
    "beta_tc_vae",
    "beta_vae",
    "build",
    "check_collisions",
    "conditional_autoencoder",
    "conditional_vae",
    "contractive",
    "denoising",
    "dip_vae",
    "distilled",
    "factor_vae",
    "find",
    "grown",
    "info_vae",
    "iwae",
    "k_sparse",
    "ladder_vae",
    "linear",
    "m1_m2",
    "m2",
    "multi_rate_vae",
    "overcomplete",
    "perceptual_vae",
    "schema",
    "sparse",
    "stacked",
    "vae",
    "vae_gan",
    "variant",
    "vq_vae",
    "wae_mmd",
]
