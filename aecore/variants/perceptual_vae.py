r"""Perceptual VAE: a reconstruction is held to what is seen in it, not to its pixels alone.

.. math:: \mathcal{L}(x) = \alpha\, \mathbb{E}_{q_\phi(z|x)}[-\log p_\theta(x|z)] + \lambda\, s(x, \hat x)
          + \beta\, \mathrm{KL}(q_\phi(z|x) \parallel p(z))

Pixel errors reward the average of all that might be there, and an average is blurred: an edge that is
one pixel off costs twice what no edge costs. The dissimilarity :math:`s` asks for structure instead.
With ``similarity features`` it is

.. math:: s(x, \hat x) = \tfrac12 \sum_l \lVert \varphi_l(x) - \varphi_l(\hat x) \rVert^2,

:math:`\varphi_l` the activations at level :math:`l` of a small classifier that is first trained on the same
data and then frozen. With ``ms-ssim`` it is :math:`D\,(1 - \mathrm{MS\text{-}SSIM})`, of images of D numbers:
luminance, contrast and structure at several scales. :math:`\alpha` keeps the pixels in the sum, since what
no feature sees would else be free.

**When to use it.** For images that should look right: strokes and edges.

**What to look for.** The sharpness, 1 if edges are as strong as the originals', beside that of a VAE of
the *same rate*: a VAE with a lower β spends more nats and is sharper for that reason alone.

**Limits.** Features need labels, and see only what tells these classes apart. The sum is no −ELBO;
that of its pixels is reported beside it, and was not what was minimised.
"""

from functools import partial
from typing import Annotated, Any, Literal

from aecore.bottlenecks import DiagonalGaussian
from aecore.data import DataSpec, Split
from aecore.likelihoods import LikelihoodOf, natural
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.nets.classifier import Classifier, fit_classifier
from aecore.objectives import KL, Perceptual, Reconstruction, StructuralDissimilarity
from aecore.options import Range
from aecore.step import Stage
from aecore.variants.registry import variant

SEEN = 30_000  # examples that the classifier sees after it has seen each of them twice


@variant(title="Perceptual VAE", source="https://arxiv.org/abs/1610.00291", labels=True)  # section 3
def perceptual_vae(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 512), "Numbers in a code."] = 16,
    similarity: Annotated[
        Literal["features", "ms-ssim"], "What a reconstruction is compared by, beside its pixels."
    ] = "features",
    similarity_weight: Annotated[float, Range(0, 10_000), "What that dissimilarity costs."] = 1.0,
    pixel_weight: Annotated[
        float, Range(0.001, 100), "What a nat of distortion costs, pixel by pixel."
    ] = 1.0,
    beta: Annotated[float, Range(0, 32), "What a nat of code costs."] = 1.0,
    net: Net = mlp,
    likelihood: LikelihoodOf = natural,
) -> Autoencoder:
    classifier = Classifier(data) if similarity == "features" else None
    unlike = Perceptual(classifier) if classifier else StructuralDissimilarity(data)
    return Judged(
        data,
        net=net(data),
        bottleneck=DiagonalGaussian(latent_dim),
        likelihood=likelihood(data),
        objective=pixel_weight * Reconstruction() + similarity_weight * unlike + beta * KL(),
        before=(Stage("classifier", solve=partial(_fit, classifier), again=True),) if classifier else (),
    )


class Judged(Autoencoder):
    """An autoencoder whose judge, if it has one, is trained first, never moved then, and in no bundle."""

    def __init__(self, *args: Any, before: tuple[Stage, ...], **parts: Any) -> None:
        super().__init__(*args, **parts)
        self.before = before

    def stages(self) -> tuple[Stage, ...]:
        return (*self.before, *super().stages())


def _fit(classifier: Classifier, split: Split) -> None:
    """The same start and the same data give the same classifier, after an interruption too."""
    fit_classifier(classifier.to(split.x.device), split, epochs=2 + SEEN // len(split))
