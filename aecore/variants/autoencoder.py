r"""Autoencoder: squeeze an example through a narrow code and rebuild it.

.. math:: \mathcal{L}(x) = d\left(x,\; g_\theta(f_\phi(x))\right)

The encoder :math:`f_\phi` writes a code :math:`z = f_\phi(x)` of fewer numbers than the example
has, the decoder :math:`g_\theta` reads it back. The distortion :math:`d` belongs to the likelihood:
:math:`\tfrac12 \lVert x - \hat x \rVert^2` for ``mse``, cross-entropy for binary pixels. With linear layers
and ``mse`` the codes span the same space as PCA; with bent ones they do better with as many numbers.
A code much narrower than the example makes it *undercomplete*: the bottleneck alone keeps it from
copying, nothing else is asked. The code itself can be bent too: ReLU makes it non-negative with exact
zeros, tanh and sigmoid keep it in a box. The usual choice is linear, for a bend only takes codes away.

**When to use it.** To compress, or to learn features; it is the baseline for all the others.

**What to look for.** Sharp reconstructions, and a map with holes: nothing asks codes to lie
near each other, so a walk between two of them leaves the data.

**Limits.** There is no prior to sample from. Loupe fits a Gaussian to the codes and says so; where the
code is bent, its draws may lie where no code can. As wide as the example, it may learn to copy.

**Where guides err.** A dense layer from 40 million numbers to 30 million has not half a billion weights in
all but 1.2·10¹⁵: one for each pair. That is why images get convolutions.

**Where guides err.** Encoder and decoder mirror each other in shape, not in training: the gradient of a layer
is not that of the layer it faces, and the first layers of the encoder are furthest from the loss.

**Where guides err.** A ReLU decoder is not "poor". Inside it any activation will do; only the output layer
has to reach the data's range, and here none of them ends in a ReLU.
"""

from typing import Annotated

from aecore.bottlenecks import Code, Point
from aecore.data import DataSpec
from aecore.likelihoods import MSE, LikelihoodOf
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import Reconstruction
from aecore.options import Range
from aecore.variants.registry import variant


@variant(title="Autoencoder", source="https://www.cs.toronto.edu/~hinton/absps/science.pdf")
def autoencoder(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 1024), "Numbers in a code: the width of the bottleneck."] = 16,
    code: Code = "linear",
    net: Net = mlp,
    likelihood: LikelihoodOf = MSE,
) -> Autoencoder:
    return Autoencoder(
        data,
        net=net(data),
        bottleneck=Point(latent_dim, code),
        likelihood=likelihood(data),
        objective=Reconstruction(),
    )
