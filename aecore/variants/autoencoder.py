r"""Autoencoder: squeeze an example through a narrow code and rebuild it.

.. math:: \mathcal{L}(x) = d\left(x,\; g_\theta(f_\phi(x))\right)

The encoder :math:`f_\phi` writes a code :math:`z = f_\phi(x)` of fewer numbers than the example
has, the decoder :math:`g_\theta` reads it back. The distortion :math:`d` belongs to the likelihood:
:math:`\tfrac12 \lVert x - \hat x \rVert^2` for ``mse``, cross-entropy for binary pixels. With linear layers
and ``mse`` the codes span the same space as PCA; with bent ones they do better with as many numbers.

**When to use it.** To compress, or to learn features; it is the baseline for all the others.

**What to look for.** Sharp reconstructions, and a map with holes: nothing asks codes to lie
near each other, so a walk between two of them leaves the data.

**Limits.** There is no prior to sample from. Loupe fits a Gaussian to the codes and says so.
"""

from typing import Annotated

from aecore.bottlenecks import Point
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
    net: Net = mlp,
    likelihood: LikelihoodOf = MSE,
) -> Autoencoder:
    return Autoencoder(
        data,
        net=net(data),
        bottleneck=Point(latent_dim),
        likelihood=likelihood(data),
        objective=Reconstruction(),
    )
