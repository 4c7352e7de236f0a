r"""Sparse autoencoder: a wide code of which each example uses little.

.. math:: \mathcal{L} = \mathbb{E}_x\, d\left(x,\; g_\theta(f_\phi(x))\right)
          + \lambda \sum_{j=1}^{D} \mathrm{KL}(\rho \parallel \hat\rho_j),
          \qquad \mathrm{KL}(\rho \parallel \hat\rho_j)
          = \rho \log \frac{\rho}{\hat\rho_j} + (1 - \rho) \log \frac{1 - \rho}{1 - \hat\rho_j}

:math:`d` is the likelihood's distortion. The code passes through a sigmoid, :math:`\hat\rho_j` is the mean
of its :math:`j`-th number over the batch and :math:`\rho` the share of the time it should be on. With the
penalty ``l1`` it passes through a ReLU instead, and the second term is
:math:`\lambda\,\mathbb{E}_x \lVert f_\phi(x) \rVert_1`.

**When to use it.** For features that each mean one thing: strokes, parts, edges.

**What to look for.** Most numbers of a code are near zero, and others for each example. The card has the
share of zeros, how selective units and codes are, and how many units are dead.

**Limits.** The mean activation of a small batch is a noisy one. L1 also shrinks what it keeps, and can
kill units for good; ``k-sparse`` sets the count itself. A Gaussian fitted to sparse codes samples badly.
"""

from typing import Annotated, Literal

from aecore.bottlenecks import SparsePoint
from aecore.bottlenecks.point import Bend
from aecore.data import DataSpec
from aecore.likelihoods import MSE, LikelihoodOf
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import L1, KLSparsity, Reconstruction, Term
from aecore.options import Range
from aecore.variants.registry import variant

CODES: dict[str, Bend] = {"kl": "sigmoid", "l1": "relu"}
"""What bends the code under each penalty."""


def penalty_of(name: str, target: float) -> Term:
    """The term by its option's name."""
    return KLSparsity(target) if name == "kl" else L1()


@variant(title="Sparse autoencoder", source="https://web.stanford.edu/class/cs294a/sparseAutoencoder.pdf")
def sparse(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 4096), "Numbers in a code."] = 64,
    penalty: Annotated[
        Literal["kl", "l1"], "Whether mean activations are pulled to a target, or all activations to zero."
    ] = "kl",
    sparsity: Annotated[
        float, Range(0, 100), "What a nat of deviation (kl) or a unit of code (l1) costs: λ."
    ] = 0.01,
    target: Annotated[float, Range(0.001, 0.5), "Share of the time a unit should be on (kl): ρ."] = 0.05,
    net: Net = mlp,
    likelihood: LikelihoodOf = MSE,
) -> Autoencoder:
    return Autoencoder(
        data,
        net=net(data),
        bottleneck=SparsePoint(latent_dim, CODES[penalty]),
        likelihood=likelihood(data),
        objective=Reconstruction() + sparsity * penalty_of(penalty, target),
    )
