r"""Linear autoencoder: PCA, the best that layers without a bend can do, in closed form.

.. math:: z = V_k\,(x - \mu), \qquad \hat x = \mu + V_k^\top z, \qquad
          V_k = \arg\min_{V V^\top = I} \sum_i \lVert x_i - \mu - V^\top V (x_i - \mu) \rVert^2

:math:`\mu` is the mean of the training examples, and the rows of :math:`V_k` are the :math:`k`
eigenvectors of their covariance with the largest eigenvalues :math:`\lambda_1 \ge \dots \ge \lambda_k`.
Gradient descent on linear layers finds the same plane (there is no other minimum: Baldi & Hornik
1989), only in other coordinates and later. What is lost is the sum of the eigenvalues left out.

**When to use it.** First, always: what a deep model adds is what it gains over this.

**What to look for.** Codes are uncorrelated and ordered by variance; walking along one adds or
takes away one eigenvector. The Gaussian fitted to them has the covariance :math:`\mathrm{diag}(\lambda)`.

**Limits.** A plane cannot follow bent data. Reconstructions leave [0, 1] and are not clipped. Of a series
the channel that is 1 while it lasts is numbers like any others: what is rebuilt ends where it falls below
one half. Nothing descends here, so epochs, batches and learning rates change nothing.
"""

from dataclasses import replace
from typing import Annotated, cast

import torch

from aecore.bottlenecks import Point
from aecore.bottlenecks.principal import principal
from aecore.data import DataSpec, Split
from aecore.errors import UserError
from aecore.likelihoods import MSE
from aecore.model import Autoencoder
from aecore.nets import mlp
from aecore.nets.mlp import MlpDecoder
from aecore.objectives import Reconstruction
from aecore.options import Range
from aecore.step import Stage
from aecore.variants.registry import variant

NO_VARIANCE = 1e-6  # of the largest: a direction along which examples do not differ cannot be whitened


class Linear(Autoencoder):
    """An autoencoder of one linear layer each way, solved instead of descended."""

    def __init__(self, spec: DataSpec, latent_dim: int, whiten: bool) -> None:
        super().__init__(
            spec,
            net=mlp(spec, hidden=()),
            bottleneck=Point(latent_dim),
            likelihood=MSE(replace(spec, kind="table", values="real")),  # a plane knows no bounds and no end
            objective=Reconstruction(),
        )
        self.whiten = whiten

    def stages(self) -> tuple[Stage, ...]:
        return Stage("solve", solve=self.solve), Stage("prior", solve=self.fit_prior)

    @torch.no_grad()
    def solve(self, split: Split) -> None:
        """Sets both layers from the training split."""
        x = split.x.cpu().flatten(1)  # MPS knows no float64
        x = torch.bernoulli(x) if self.spec.values == "binary" else x  # dynamic pixels are probabilities
        mean, v, variances = principal(x, self.latent_dim)
        if len(v) < self.latent_dim:
            raise UserError(f"{len(x)} examples have {len(v)} components, not {self.latent_dim}.")
        largest = v.gather(1, v.abs().argmax(1, keepdim=True))
        v = torch.where(largest < 0, -v, v)  # a component and its opposite are one: choose
        usable = variances > NO_VARIANCE * variances[0]
        scale = torch.where(usable, variances, 1.0).sqrt().to(v) if self.whiten else torch.ones_like(v[:, 0])
        encoder, decoder = cast(Point, self.bottleneck).z, cast(MlpDecoder, self.decoder).output
        encoder.weight.copy_(v / scale[:, None])
        encoder.bias.copy_(-(v @ mean) / scale)
        decoder.weight.copy_(v.T * scale)
        decoder.bias.copy_(mean)


@variant(title="Linear autoencoder (PCA)", source="https://doi.org/10.1016/0893-6080(89)90014-2", solved=True)
def linear(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 1024), "Numbers in a code: the components that are kept."] = 16,
    whiten: Annotated[bool, "Whether each number of a code is scaled to variance 1."] = False,
) -> Autoencoder:
    if data.values == "token":
        raise UserError(f"PCA reads numbers; {data.name} holds tokens. Use --variant autoencoder.")
    if latent_dim > data.size:
        raise UserError(f"An example of {data.name} has {data.size} components; latent_dim is {latent_dim}.")
    return Linear(data, latent_dim, whiten)
