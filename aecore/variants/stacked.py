r"""Stacked autoencoder: train one layer at a time, then all of them together.

.. math:: h_0 = x, \quad h_k = f_k(h_{k-1}), \quad
          \mathcal{L}_k = d\left(h_{k-1},\; g_k(f_k(h_{k-1}))\right), \quad
          \mathcal{L} = d\left(x,\; g_1 \cdots g_L f_L \cdots f_1(x)\right)

Layer :math:`f_k` and its mirror :math:`g_k` learn to give back what the layer reads, :math:`h_{k-1}`, while
the layers below stand still; with noise a share of :math:`h_{k-1}` is masked first (Vincent 2010). The
distortion :math:`d` is the likelihood's for :math:`x`, :math:`\tfrac12 \lVert \cdot \rVert^2` inside. Then
all :math:`L` layers are tuned on :math:`\mathcal{L}`. As in 2006 each layer can be a restricted Boltzmann
machine instead, :math:`p(v, h) \propto \exp(b^\top v + c^\top h + h^\top W v)` of :math:`v = h_{k-1}` with
weights :math:`W` and biases :math:`b, c`, trained by contrastive divergence; :math:`f_k` gets :math:`W`,
:math:`g_k` its transpose, and the code's units are Gaussian.

**When to use it.** To see how deep networks were first trained: of sigmoids, from small random weights and by
plain gradient descent, they hardly started. With today's initialisation and Adam they do; the study of
pretraining shows by how much.

**What to look for.** The history of each layer, and how low the last stage begins.

**Limits.** With rectifiers, a good initialisation and Adam, training at once does as well or better. Compare
``--pretraining none`` with the same number of epochs.
"""

from typing import Annotated, Literal

from aecore.bottlenecks import Point
from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.likelihoods import MSE, LikelihoodOf
from aecore.model import Autoencoder
from aecore.objectives import Reconstruction
from aecore.options import Range
from aecore.stages.layers import LayeredNet, deep_mlp
from aecore.stages.stacked import Stacked
from aecore.variants.registry import variant


@variant(
    title="Stacked autoencoder",
    source="https://papers.nips.cc/paper/3048-greedy-layer-wise-training-of-deep-networks",
)
def stacked(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 1024), "Numbers in a code: the width of the bottleneck."] = 16,
    pretraining: Annotated[
        Literal["autoencoders", "rbm", "none"],
        "As what each layer is trained before all are trained together.",
    ] = "autoencoders",
    pretraining_share: Annotated[
        float, Range(0.05, 0.95), "Part of the epochs for pretraining, equally much for each layer."
    ] = 0.5,
    noise: Annotated[
        float, Range(0, 0.9), "Share of its inputs each layer is denied while it is an autoencoder."
    ] = 0.0,
    cd_steps: Annotated[
        int,
        Range(1, 100),
        "Rounds of Gibbs sampling in contrastive divergence, while it is a Boltzmann machine.",
    ] = 1,
    net: LayeredNet = deep_mlp,
    likelihood: LikelihoodOf = MSE,
) -> Autoencoder:
    if noise and pretraining != "autoencoders":
        raise UserError("--noise is for layers that are autoencoders; choose --pretraining autoencoders.")
    if cd_steps > 1 and pretraining != "rbm":
        raise UserError("--cd-steps is for layers that are Boltzmann machines; choose --pretraining rbm.")
    return Stacked(
        data,
        pretraining,
        pretraining_share,
        noise,
        cd_steps,
        net=net(data),
        bottleneck=Point(latent_dim),
        likelihood=likelihood(data),
        objective=Reconstruction(),
    )
