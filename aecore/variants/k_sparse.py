r"""k-sparse autoencoder: of a wide code exactly the k largest numbers are kept.

.. math:: \mathcal{L}(x) = d\left(x,\; g_\theta(z)\right), \qquad
          z_j = \begin{cases} a_j & j \in \mathrm{top}_k(a) \\ 0 & \text{else} \end{cases},
          \qquad a = f_\phi(x)

:math:`a` are the encoder's activations, linear, and :math:`\mathrm{top}_k(a)` the indices of its
:math:`k` largest. The distortion :math:`d` is the likelihood's. A gradient reaches the kept numbers only.
With :math:`\alpha > 1`, :math:`\alpha k` numbers are kept once training is over, as in the paper.

**When to use it.** For sparse codes without a weight to tune: the sparsity is a number you choose.

**What to look for.** Small k gives whole prototypes, large k strokes and dots. The card counts dead units.

**Limits.** A unit that is never among the k largest learns nothing and stays dead. A small k from the
start kills many; let it fall from ``start_k`` instead. Which numbers are kept jumps, so walks between
codes jump too.
"""

from typing import Annotated

from aecore.bottlenecks import TopK
from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.likelihoods import MSE, LikelihoodOf
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import Reconstruction
from aecore.options import Range
from aecore.step import Pass, Step
from aecore.variants.registry import variant


class KSparse(Autoencoder):
    """Lets its bottleneck know how far the training is."""

    bottleneck: TopK

    def forward(self, step: Step) -> Pass:
        self.bottleneck.progress = step.progress
        return super().forward(step)


@variant(title="k-sparse autoencoder", source="https://arxiv.org/abs/1312.5663")
def k_sparse(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 4096), "Numbers in a code, most of them 0."] = 64,
    k: Annotated[int, Range(1, 4096), "Numbers of a code that are kept: the largest."] = 8,
    alpha: Annotated[float, Range(1, 16), "After training α·k numbers are kept."] = 1.0,
    start_k: Annotated[
        int,
        Range(0, 4096),
        "Numbers kept at first; falls to k over the first half of the training. 0: k throughout.",
    ] = 0,
    net: Net = mlp,
    likelihood: LikelihoodOf = MSE,
) -> Autoencoder:
    if k > latent_dim:
        raise UserError(f"--k is at most --latent-dim, {latent_dim}; {k} is not.")
    if start_k > latent_dim:
        raise UserError(f"--start-k is at most --latent-dim, {latent_dim}; {start_k} is not.")
    if 0 < start_k < k:
        raise UserError(f"--start-k is at least --k, {k}, or 0 for k throughout; {start_k} is neither.")
    return KSparse(
        data,
        net=net(data),
        bottleneck=TopK(latent_dim, k, alpha, start_k),
        likelihood=likelihood(data),
        objective=Reconstruction(),
    )
