r"""VQ-VAE: a code of whole numbers, each the place of a vector in a learned codebook.

.. math:: \mathcal{L}(x) = -\log p_\theta(x|z) + \lVert \mathrm{sg}[z_e(x)] - e \rVert^2
          + \beta \lVert z_e(x) - \mathrm{sg}[e] \rVert^2

The encoder writes :math:`z_e(x)`, S slots of w numbers. Each slot is replaced by the nearest of the K
vectors of the codebook, and what the decoder reads is :math:`z = e`, S of those. The choice has no
gradient: that of the decoder is handed straight through to the encoder. :math:`\mathrm{sg}` stops a
gradient, so the second term moves the codebook alone and the third, the commitment, the encoder alone.
With ``codebook_update ema`` the second term is replaced by moving averages of the codes that chose a vector.

Then all of it stands still, and a small causal transformer learns which indices go together:

.. math:: \log p(s) = \sum_{t=1}^{S} \log p(s_t \mid s_1, \dots, s_{t-1})

An example is now S whole numbers of :math:`-\log p(s)` nats, at most about :math:`S \log K`; with the
distortion they bound :math:`-\log p(x)` as −ELBO does. New examples are drawn number by number.

**When to use it.** For sharp samples, and codes that can be stored, counted or modelled as a text is.

**What to look for.** The perplexity: how many vectors are in use, K if all are equally often.

**Limits.** A codebook can die: vectors that nobody chose were never moved. It starts from the data here,
and dead vectors are put where codes are. There is no walk between two codes: nothing lies between.
"""

from typing import Annotated, Literal

from aecore.bottlenecks import VectorQuantizer, slots_of
from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.likelihoods import LikelihoodOf, natural
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.nets.causal import HEADS, CausalTransformer
from aecore.objectives import Codebook, Commitment, Reconstruction
from aecore.options import Range
from aecore.stages.quantised import Quantised
from aecore.variants.registry import variant


@variant(title="VQ-VAE", source="https://arxiv.org/abs/1711.00937")  # eq. 3
def vq_vae(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 1024), "Numbers in a code: slots times their width."] = 16,
    slot_width: Annotated[int, Range(1, 256), "Numbers in a slot; it divides the numbers in a code."] = 2,
    codebook_size: Annotated[int, Range(2, 8192), "Vectors a slot can choose among."] = 256,
    commitment: Annotated[
        float, Range(0, 100), "How strongly codes are held to the vectors they chose."
    ] = 0.25,
    codebook_update: Annotated[
        Literal["ema", "gradient"],
        "Whether vectors follow the mean of the codes that chose them, or a gradient.",
    ] = "ema",
    codebook_decay: Annotated[
        float, Range(0, 0.9999), "How much of the moving averages a training step leaves as it was."
    ] = 0.95,
    restart: Annotated[
        float, Range(0, 0.9), "Share of its fair use below which a vector is put on a code; 0: never."
    ] = 0.05,
    prior_width: Annotated[int, Range(4, 1024), "Numbers that describe a slot in the prior."] = 128,
    prior_layers: Annotated[int, Range(1, 16), "Blocks of the prior's transformer."] = 2,
    prior_share: Annotated[float, Range(0.01, 0.99), "Part of the epochs that the prior takes."] = 0.3,
    net: Net = mlp,
    likelihood: LikelihoodOf = natural,
) -> Autoencoder:
    if prior_width % HEADS:
        raise UserError(f"--prior-width is a multiple of {HEADS}; {prior_width} is not.")
    slots = slots_of(latent_dim, slot_width)
    objective = Reconstruction() + commitment * Commitment()
    return Quantised(
        data,
        net=net(data),
        bottleneck=VectorQuantizer(
            latent_dim,
            width=slot_width,
            size=codebook_size,
            update=codebook_update,
            decay=codebook_decay,
            restart=restart,
            prior=CausalTransformer(codebook_size, slots, width=prior_width, layers=prior_layers),
        ),
        likelihood=likelihood(data),
        objective=objective + Codebook() if codebook_update == "gradient" else objective,
        prior_share=prior_share,
    )
