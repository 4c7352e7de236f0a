r"""M1+M2: a VAE finds features, M2 sorts them into classes with few labels.

.. math:: p_\theta(x, y, z_1, z_2) = p_\theta(x|z_1)\, p_\theta(z_1|y, z_2)\, p(y)\, p(z_2)

First a VAE (M1) is trained on all examples, :math:`q_\phi(z_1|x)` and :math:`p_\theta(x|z_1)`; it needs no
label. Then it stands still and M2 learns of its codes :math:`z_1` what it otherwise learns of examples,

.. math:: \mathcal{J} = \mathbb{E}_{\mathrm{unl}}\, \mathcal{U}(z_1)
          + w\, \mathbb{E}_{\mathrm{lab}}\, \mathcal{L}(z_1, y)
          + \alpha\, \mathbb{E}_{\mathrm{lab}}[-\log q_\phi(y|z_1)],

:math:`\mathcal{L}` and :math:`\mathcal{U}` being M2's bounds of a labelled and an unlabelled :math:`z_1`,
:math:`w` and :math:`\alpha` the weights of labels. M2 reads a new sample of :math:`q_\phi(z_1|x)` at each
step, so a hundred labelled examples are never quite the same ones. :math:`p_\theta(z_1|y, z_2)` is a Gaussian
with a learned σ for each number, since some of :math:`z_1` may be unused. The bundle's code is :math:`z_2`,
what is left beside the class.

**When to use it.** With few labels, where M2 on the examples themselves is too slow or too weak.

**What to look for.** The classification error beside M2's; classes that are told, not encoded.

**Limits.** What M1 lost no label brings back. A reconstruction passes two codes, and is softer for it;
pictures, and the densities on its card, take :math:`p_\theta(z_1|y, z_2)` at its mean.
The best epoch is chosen with the labels of the validation split; ``--keep last`` does without them.
"""

from functools import partial
from typing import Annotated

from aecore.conditions import ByClass
from aecore.data import DataSpec
from aecore.likelihoods import LikelihoodOf, natural
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives.semi_supervised import Classification, LabelledBound, UnlabelledBound
from aecore.options import Range
from aecore.stages.semi_supervised import M1M2
from aecore.variants.registry import variant


@variant(title="M1+M2", source="https://arxiv.org/abs/1406.5298", labels=True)  # section 2.1.3
def m1_m2(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 512), "Numbers in z₂, which stands beside the class."] = 16,
    m1_dim: Annotated[int, Range(1, 512), "Numbers in z₁, the code of the VAE below."] = 50,
    m1_share: Annotated[float, Range(0.05, 0.95), "Part of the epochs that train the VAE below."] = 0.5,
    m2_hidden: Annotated[tuple[int, ...], Range(1, 4096), "Units of each hidden layer of M2."] = (600,),
    alpha: Annotated[float, Range(0, 10_000), "What a nat of classification costs."] = 1.0,
    labelled_weight: Annotated[
        float, Range(0, 1000), "How much the labelled bound counts beside the unlabelled one."
    ] = 0.1,
    net: Net = mlp,
    likelihood: LikelihoodOf = natural,
) -> Autoencoder:
    ByClass(data)  # says what is wrong with data without classes
    return M1M2(
        data,
        m1=net(data),
        m1_dim=m1_dim,
        m2=partial(mlp, hidden=m2_hidden, activation="gelu"),
        latent_dim=latent_dim,
        likelihood=likelihood(data),
        objective=UnlabelledBound() + labelled_weight * LabelledBound() + alpha * Classification(),
        m1_share=m1_share,
    )
