r"""Denoising autoencoder: rebuild the clean example from a corrupted one.

.. math:: \mathcal{L}(x) = \mathbb{E}_{C(\tilde x|x)} \, d\left(x,\; g_\theta(f_\phi(\tilde x))\right)

The corruption process :math:`C(\tilde x|x)` adds Gaussian noise, turns pixels black or white, or masks
them; the target stays the clean :math:`x`, the distortion :math:`d` is the likelihood's, as
:math:`\tfrac12 \lVert x - \hat x \rVert^2` for ``mse``. To undo the damage the model must know what examples
look like, so a code wider than the example is no longer a free copy. The level can be one number, a
range of which every example draws its own, or a line from one level to another over the training.

**When to use it.** For robust features, and for cleaning.

**What to look for.** Feed it noise: what comes back lies on the data. With Gaussian noise of
variance :math:`\sigma^2`, :math:`(\hat x - \tilde x)/\sigma^2` estimates the score
:math:`\nabla_{\tilde x} \log p_\sigma(\tilde x)`, the direction in which noisy examples become more likely
(Vincent 2011, not 2008); the arrows over the map show it.

**Limits.** No prior; too much noise and it answers with the average example. The score needs one
known :math:`\sigma` and room in the code: a narrow code also moves what is no noise.

**Where guides err.** The corruption process is :math:`C(\tilde x|x)`: it draws the noisy example given the
clean one. :math:`C(x|\tilde x)` would be what the model has to learn.

**Where guides err.** That denoising matches the score is Vincent's of 2011, *A Connection Between Score
Matching and Denoising Autoencoders*; the paper of 2008 introduced the autoencoder and has no score.
"""

from dataclasses import replace
from typing import Annotated, Literal

from aecore.bottlenecks import Point
from aecore.corruptions import Corrupted, Levels
from aecore.data import DataSpec
from aecore.likelihoods import MSE, LikelihoodOf
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import Reconstruction
from aecore.options import Range
from aecore.step import Player, Step
from aecore.variants.registry import variant


class Denoising(Autoencoder):
    """Knows how far the training is when it corrupts."""

    corruption: Corrupted

    def prepare(self, step: Step) -> Step:
        return replace(step, input=self.corruption(step.input, step.progress))

    def players(self) -> tuple[Player, ...]:
        scheduled = self.corruption.scheduled
        return tuple(replace(player, scheduled=scheduled) for player in super().players())


@variant(title="Denoising autoencoder", source="https://www.jmlr.org/papers/v11/vincent10a.html")
def denoising(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 1024), "Numbers in a code: the width of the bottleneck."] = 16,
    corruption: Annotated[
        Literal["gaussian", "salt-and-pepper", "masking"], "What is done to an example before it is encoded."
    ] = "gaussian",
    level: Annotated[float, Range(0, 1), "σ of the noise, or the share of elements that are hit."] = 0.3,
    levels: Annotated[
        Levels,
        "One level for all, one for each example from the range start_level to level, "
        "or a line from start_level to level over the training.",
    ] = "constant",
    start_level: Annotated[float, Range(0, 1), "Where the range or the line of levels begins."] = 0.0,
    net: Net = mlp,
    likelihood: LikelihoodOf = MSE,
) -> Autoencoder:
    return Denoising(
        data,
        net=net(data),
        bottleneck=Point(latent_dim),
        likelihood=likelihood(data),
        objective=Reconstruction(),
        corruption=Corrupted(data, corruption, level, levels, start_level),
    )
