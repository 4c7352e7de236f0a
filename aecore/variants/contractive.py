r"""Contractive autoencoder: a code that small changes of the example leave alone.

.. math:: \mathcal{L}(x) = d\left(x,\; g_\theta(f_\phi(x))\right)
          + \lambda \left\lVert \frac{\partial f_\phi(x)}{\partial x} \right\rVert_F^2

:math:`d` is the likelihood's distortion, and the second term the sum of the squares of the encoder's
Jacobian. It asks the code to stand still in every direction; the first forbids it in those along
which examples differ. What is left sensitive is the tangent of the data. For one sigmoid layer with
weights :math:`W` the term is :math:`\sum_j z_j^2 (1 - z_j)^2 \sum_i W_{ji}^2` (Rifai et al. 2011).

**When to use it.** For features that resist noise without corrupting an example.

**What to look for.** Few singular values of the Jacobian are large: the local dimension of the data.

**Limits.** Exact, it takes a backward pass for each number of the code; wide codes get an unbiased
estimate. A code can also shrink, and the decoder stretch it back, which costs the decoder nothing:
the paper ties their weights against that, a ``--weight-decay`` helps here. With batch
normalisation a code depends on the batch, and the term with it.
"""

from typing import Annotated

from aecore.bottlenecks import Code, Point
from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.likelihoods import MSE, LikelihoodOf
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import JacobianPenalty, Reconstruction
from aecore.options import Range
from aecore.variants.registry import variant


@variant(title="Contractive autoencoder", source="https://icml.cc/2011/papers/455_icmlpaper.pdf")
def contractive(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 1024), "Numbers in a code: the width of the bottleneck."] = 16,
    contraction: Annotated[float, Range(0, 1000), "What a unit of the squared Jacobian costs: λ."] = 0.1,
    code: Code = "linear",
    exact_up_to: Annotated[
        int, Range(0, 1024), "Widest code whose Jacobian is computed in full; wider ones get an estimate."
    ] = 32,
    jacobian_samples: Annotated[int, Range(1, 1000), "Random directions an example for the estimate."] = 1,
    net: Net = mlp,
    likelihood: LikelihoodOf = MSE,
) -> Autoencoder:
    if data.values == "token":
        raise UserError(f"Tokens have no small changes: {data.name} needs another variant.")
    return Autoencoder(
        data,
        net=net(data),
        bottleneck=Point(latent_dim, code),
        likelihood=likelihood(data),
        objective=Reconstruction() + contraction * JacobianPenalty(exact_up_to, jacobian_samples),
    )
