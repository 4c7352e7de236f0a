r"""Conditional VAE: a VAE that is told the class, so that the code need not say it.

.. math:: \mathcal{L}(x, y) = \mathbb{E}_{q_\phi(z|x,y)}[-\log p_\theta(x|z,y)]
          + \mathrm{KL}(q_\phi(z|x,y) \parallel p(z))

The class :math:`y`, one 1 among zeros, goes into the encoder :math:`q_\phi(z|x,y)` beside the example
:math:`x` and into the decoder :math:`p_\theta(x|z,y)` beside the code :math:`z`; the prior is
:math:`p(z) = \mathcal{N}(0, I)`, whatever the class. A nat spent on what the decoder is told anyway is
wasted, so the code keeps the rest: slant, width, weight. The loss bounds :math:`-\log p(x|y)`, not
:math:`-\log p(x)`.

**When to use it.** To draw a class of your choice, ``model.sample(n, condition=y)``, and for style
transfer: encode with the true class, decode the same code with another, ``model.decode(z, other)``.

**What to look for.** A row of one code under every class: the digit changes, the hand stays. Codes
tell less of the class than a VAE's (5-NN accuracy), and the map mixes the classes.

**Limits.** It needs labels; an unknown one (−1) is told as zeros alone, and unless some were unknown in
training the model has never seen that. Class and code are independent in the prior only as far as the
encoder obeys it: what still leaks into the code comes along when the class is changed.
"""

from typing import Annotated

from aecore.bottlenecks import DiagonalGaussian
from aecore.conditions import ByClass, TellEncoder, told_network
from aecore.data import DataSpec
from aecore.likelihoods import LikelihoodOf, natural
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import KL, Reconstruction
from aecore.options import Range
from aecore.variants.registry import variant


@variant(
    title="Conditional VAE",
    source="https://papers.nips.cc/paper/2015/hash/8d55a249e6baa5c06772297520da2051-Abstract.html",
    labels=True,
)
def conditional_vae(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 512), "Numbers in a code."] = 16,
    tell_encoder: TellEncoder = True,
    net: Net = mlp,
    likelihood: LikelihoodOf = natural,
) -> Autoencoder:
    condition = ByClass(data)
    return Autoencoder(
        data,
        net=told_network(net, data, condition.size, encoder=tell_encoder),
        bottleneck=DiagonalGaussian(latent_dim),
        likelihood=likelihood(data),
        objective=Reconstruction() + KL(),
        condition=condition,
    )
