r"""What the code z is: a point, a Gaussian, a flow, or a ladder of levels.

A bottleneck turns the encoder's features into a posterior :math:`q_\phi(z|x)`, draws
codes from the prior :math:`p(z)`, and says what a bundle must know of both.
"""

from aecore.bottlenecks.bottleneck import Bottleneck
from aecore.bottlenecks.flow import FlowPosterior, InverseAutoregressiveFlow
from aecore.bottlenecks.gaussian import DiagonalGaussian
from aecore.bottlenecks.held import HeldPoint
from aecore.bottlenecks.ladder import Ladder, LadderPosterior
from aecore.bottlenecks.point import Code, Point
from aecore.bottlenecks.posteriors import (
    GaussianPosterior,
    PointPosterior,
    Posterior,
    Sampled,
    Variational,
    bound_softly,
    gaussian_kl,
    in_full,
    log_standard_normal,
)
from aecore.bottlenecks.priors import Prior, Ring, StandardNormal, SwissRoll
from aecore.bottlenecks.rated import RatedGaussian
from aecore.bottlenecks.sparse import SparsePoint, TopK
from aecore.bottlenecks.vector_quantizer import QuantisedPosterior, VectorQuantizer, perplexity, slots_of

__all__ = [
    "Bottleneck",
    "Code",
    "DiagonalGaussian",
    "FlowPosterior",
    "GaussianPosterior",
    "HeldPoint",
    "InverseAutoregressiveFlow",
    "Ladder",
    "LadderPosterior",
    "Point",
    "PointPosterior",
    "Posterior",
    "Prior",
    "QuantisedPosterior",
    "RatedGaussian",
    "Ring",
    "Sampled",
    "SparsePoint",
    "StandardNormal",
    "SwissRoll",
    "TopK",
    "Variational",
    "VectorQuantizer",
    "bound_softly",
    "gaussian_kl",
    "in_full",
    "log_standard_normal",
    "perplexity",
    "slots_of",
]
