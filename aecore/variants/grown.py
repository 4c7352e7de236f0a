r"""Grown autoencoder: begin shallow, and fade deeper layers in while it learns.

.. math:: \mathcal{L}(x) = d\left(x,\; g_\theta(f_\phi(x))\right), \quad
          h = a\, f_k(h_k) + (1 - a)\, h_k, \quad a: 0 \to 1

At first the encoder :math:`f_\phi` and the decoder :math:`g_\theta` have one hidden layer each. Every stage
puts one more between it and the code: beside the new layer :math:`f_k` its input :math:`h_k` still passes
unchanged (brought to the layer's width by means of neighbours, which has no weights), and the mixture
:math:`a` moves from the old way to the new one. At :math:`a = 0` nothing has changed, at :math:`a = 1` the
network is an ordinary deeper one. The distortion :math:`d` is the likelihood's.

**When to use it.** For deep networks that are hard to start, and to see what one more layer is worth.

**What to look for.** The history by stage: a small step up where a layer fades in, and how far the loss
falls below the stage before.

**Limits.** Shallow stages cost epochs that the deep network then lacks. With a good initialisation and
Adam, a few layers need no growing; compare the plain autoencoder with the same ``--hidden``.
"""

from typing import Annotated

from aecore.bottlenecks import Point
from aecore.data import DataSpec
from aecore.likelihoods import MSE, LikelihoodOf
from aecore.model import Autoencoder
from aecore.objectives import Reconstruction
from aecore.options import Range
from aecore.stages.grown import Grown
from aecore.stages.layers import LayeredNet, deep_mlp
from aecore.variants.registry import variant


@variant(title="Grown autoencoder", source="https://arxiv.org/abs/1710.10196")  # fading in, section 2
def grown(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 1024), "Numbers in a code: the width of the bottleneck."] = 16,
    fade: Annotated[float, Range(0.01, 1), "Part of a stage over which its new layer fades in."] = 0.5,
    net: LayeredNet = deep_mlp,
    likelihood: LikelihoodOf = MSE,
) -> Autoencoder:
    return Grown(
        data,
        fade,
        net=net(data),
        bottleneck=Point(latent_dim),
        likelihood=likelihood(data),
        objective=Reconstruction(),
    )
