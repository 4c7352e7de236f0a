r"""Denoising autoencoder: rebuild the clean example from a corrupted one.

.. math:: \mathcal{L}(x) = \mathbb{E}_{C(\tilde x|x)} \, d\left(x,\; g_\theta(f_\phi(\tilde x))\right)

The corruption process :math:`C(\tilde x|x)` adds Gaussian noise, turns pixels black or white, or masks
them; the target stays the clean :math:`x`, the distortion :math:`d` is the likelihood's, as
:math:`\tfrac12 \lVert x - \hat x \rVert^2` for ``mse``. To undo the damage the model must know what examples
look like, so a code wider than the example is no longer a free copy.

**When to use it.** For robust features, and for cleaning.

**What to look for.** Feed it noise: what comes back lies on the data. With Gaussian noise of
variance :math:`\sigma^2`, :math:`(\hat x - \tilde x)/\sigma^2` estimates the score, the direction in which
examples become more likely (Vincent 2011, not 2008).

**Limits.** No prior; too much noise and it answers with the average example.
"""

from functools import partial
from typing import Annotated, Literal

from aecore.bottlenecks import Point
from aecore.corruptions import CORRUPTIONS
from aecore.data import DataSpec
from aecore.likelihoods import MSE, LikelihoodOf
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import Reconstruction
from aecore.options import Range
from aecore.variants.registry import variant


@variant(title="Denoising autoencoder", source="https://www.jmlr.org/papers/v11/vincent10a.html")
def denoising(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 1024), "Numbers in a code: the width of the bottleneck."] = 16,
    corruption: Annotated[
        Literal["gaussian", "salt-and-pepper", "masking"], "What is done to an example before it is encoded."
    ] = "gaussian",
    level: Annotated[float, Range(0, 1), "σ of the noise, or the share of elements that are hit."] = 0.3,
    net: Net = mlp,
    likelihood: LikelihoodOf = MSE,
) -> Autoencoder:
    return Autoencoder(
        data,
        net=net(data),
        bottleneck=Point(latent_dim),
        likelihood=likelihood(data),
        objective=Reconstruction(),
        corruption=partial(CORRUPTIONS[corruption], level=level),
    )
