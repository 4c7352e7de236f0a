r"""Conditional autoencoder: an autoencoder that is told the class, so that the code need not say it.

.. math:: \mathcal{L}(x, y) = d\left(x,\; g_\theta(f_\phi(x, y),\, y)\right)

The class :math:`y`, one 1 among zeros, goes into the encoder :math:`f_\phi` beside the example :math:`x`
and into the decoder :math:`g_\theta` beside the code :math:`z = f_\phi(x, y)`; :math:`d` is the
likelihood's distortion, as :math:`\tfrac12 \lVert x - \hat x \rVert^2` for ``mse``.

**When to use it.** To keep style apart from class, and to compress better where the class is known.
``model.decode(z, other)`` writes the code of one example in another class.

**What to look for.** A lower error than an autoencoder of the same size, since the class comes free; one
code decoded under every class.

**Limits.** Nothing *forbids* the code to repeat the class: without a price per nat some of it stays, and
style transfer is less clean than a conditional VAE's. It needs labels; an unknown one (−1) is told as
zeros alone. There is no prior to sample from: Loupe fits one Gaussian to the codes of all classes.
"""

from typing import Annotated

from aecore.bottlenecks import Point
from aecore.conditions import ByClass, TellEncoder, told_network
from aecore.data import DataSpec
from aecore.likelihoods import MSE, LikelihoodOf
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import Reconstruction
from aecore.options import Range
from aecore.variants.registry import variant


@variant(
    title="Conditional autoencoder",
    source="https://papers.nips.cc/paper/2015/hash/8d55a249e6baa5c06772297520da2051-Abstract.html",
    labels=True,
)
def conditional_autoencoder(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 1024), "Numbers in a code: the width of the bottleneck."] = 16,
    tell_encoder: TellEncoder = True,
    net: Net = mlp,
    likelihood: LikelihoodOf = MSE,
) -> Autoencoder:
    condition = ByClass(data)
    return Autoencoder(
        data,
        net=told_network(net, data, condition.size, encoder=tell_encoder),
        bottleneck=Point(latent_dim),
        likelihood=likelihood(data),
        objective=Reconstruction(),
        condition=condition,
    )
