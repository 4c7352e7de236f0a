r"""What the code z is: a point, or a Gaussian.

A bottleneck turns the encoder's features into a posterior :math:`q_\phi(z|x)`, draws
codes from the prior :math:`p(z)`, and says what a bundle must know of both.
"""

from aecore.bottlenecks.bottleneck import Bottleneck
from aecore.bottlenecks.gaussian import DiagonalGaussian
from aecore.bottlenecks.point import Point
from aecore.bottlenecks.posteriors import (
    GaussianPosterior,
    PointPosterior,
    Posterior,
    Variational,
    bound_softly,
    gaussian_kl,
    in_full,
    log_standard_normal,
)

__all__ = [
    "Bottleneck",
    "DiagonalGaussian",
    "GaussianPosterior",
    "Point",
    "PointPosterior",
    "Posterior",
    "Variational",
    "bound_softly",
    "gaussian_kl",
    "in_full",
    "log_standard_normal",
]
