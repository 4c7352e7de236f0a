r"""Overcomplete autoencoder: a code as wide as the example or wider, and what keeps it from copying.

.. math:: \mathcal{L}(x) = \mathbb{E}_{C(\tilde x|x)} \, d\left(x,\; g_\theta(m \odot f_\phi(\tilde x))\right)
          + \lambda\,\Omega(m \odot f_\phi(\tilde x))

:math:`d` is the likelihood's distortion. With :math:`k \ge d_x` numbers the identity is among the
solutions and teaches nothing, so something must stand against it: a penalty :math:`\Omega` on the code
(L1, or the KL of mean activations as in ``sparse``), Gaussian noise :math:`C(\tilde x|x)` on the input with
a clean target, dropout :math:`m` on the code, or weight decay (``--weight-decay``, which every training has).
A number that dropout switches off costs nothing at that step; the others are scaled up, and pay for it.

**When to use it.** For dictionaries of features; to see that a bottleneck is not the only regulariser.

**What to look for.** Take all of it away: the error falls to nothing, and the code says no more about an
example than its pixels do. With it the error stays and the features become parts.

**Limits.** A hidden layer narrower than the example is a bottleneck too, whatever the code: widen
``--hidden`` with ``--latent-dim``. There is no prior; a Gaussian over so many numbers samples badly.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from aecore.bottlenecks import SparsePoint
from aecore.corruptions import Corrupted
from aecore.data import DataSpec
from aecore.likelihoods import MSE, LikelihoodOf
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import Reconstruction
from aecore.options import Range
from aecore.variants.registry import variant
from aecore.variants.sparse import CODES, penalty_of

AGAINST_COPYING = ("noise", "code_dropout", "weight_decay", "l1", "dropout")
"""Options, of the variant, the training and the net, of which any above 0 stands against copying."""


def unregularised(data: DataSpec, config: Mapping[str, Any]) -> str:
    """What is unwise about a configuration."""
    wide, penalised = config["latent_dim"], config["penalty"] != "none" and config["sparsity"] > 0
    if wide < data.size:
        return f"A code of {wide} is not overcomplete: an example of {data.name} has {data.size} numbers."
    if penalised or any(config.get(name) for name in AGAINST_COPYING):
        return ""
    return (
        f"Nothing stops a code of {wide} numbers from copying an example of {data.size}: set --sparsity, "
        "--noise, --code-dropout or --weight-decay above 0."
    )


@variant(
    title="Overcomplete autoencoder",
    source="https://www.deeplearningbook.org/contents/autoencoders.html",  # section 14.2
    warn=unregularised,
)
def overcomplete(
    data: DataSpec,
    *,
    latent_dim: Annotated[
        int, Range(1, 4096), "Numbers in a code: no fewer than an example has, to be overcomplete."
    ] = 1024,
    penalty: Annotated[
        Literal["l1", "kl", "none"], "What pulls the code to zero: L1, the KL of mean activations, nothing."
    ] = "l1",
    sparsity: Annotated[float, Range(0, 100), "What a unit of the penalty costs: λ."] = 0.01,
    target: Annotated[float, Range(0.001, 0.5), "Share of the time a unit should be on (kl): ρ."] = 0.05,
    noise: Annotated[float, Range(0, 1), "σ of Gaussian noise on the input; the target stays clean."] = 0.0,
    code_dropout: Annotated[
        float, Range(0, 0.9), "Share of the code that is switched off at each training step."
    ] = 0.0,
    net: Net = mlp,
    likelihood: LikelihoodOf = MSE,
) -> Autoencoder:
    objective = 1.0 * Reconstruction()
    return Autoencoder(
        data,
        net=net(data),
        bottleneck=SparsePoint(latent_dim, CODES.get(penalty, "linear"), code_dropout),
        likelihood=likelihood(data),
        objective=objective if penalty == "none" else objective + sparsity * penalty_of(penalty, target),
        corruption=Corrupted(data, "gaussian", noise) if noise else None,
    )
