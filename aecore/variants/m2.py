r"""M2: a VAE that sorts examples into classes, taught by few labels and many examples without one.

.. math:: \mathcal{J} = \mathbb{E}_{\mathrm{unl}}\, \mathcal{U}(x)
          + w\, \mathbb{E}_{\mathrm{lab}}\, \mathcal{L}(x, y)
          + \alpha\, \mathbb{E}_{\mathrm{lab}}[-\log q_\phi(y|x)]

The class :math:`y` and the code :math:`z` stand beside each other: :math:`p_\theta(x|y, z)\, p(y)\, p(z)`.
With the label known,

.. math:: \mathcal{L}(x, y) = \mathbb{E}_{q_\phi(z|x, y)}[-\log p_\theta(x|y, z)] - \log p(y)
          + \mathrm{KL}(q_\phi(z|x, y) \parallel p(z));

without it the classifier :math:`q_\phi(y|x)` weighs all classes,

.. math:: \mathcal{U}(x) = \sum_y q_\phi(y|x)\, [\mathcal{L}(x, y) + \log q_\phi(y|x)].

The means :math:`\mathbb{E}_{\mathrm{unl}}` and :math:`\mathbb{E}_{\mathrm{lab}}` are over examples without
and with a label: every step sees both. :math:`w` weighs the labelled bound, :math:`\alpha` the
classification. With ``--labels-first`` the classifier hears of the labels alone in the first part of the
training, while the decoder learns what it takes each class for; only then do unlabelled examples move it.

**When to use it.** With few labels: ``--labelled 100`` hides all others. To draw a class of your choice.

**What to look for.** The classification error beside that of a probe on a VAE's codes with the same labels;
one code under every class: the hand stays, the digit changes.

**Limits.** Every unlabelled example is decoded once for each class. The unlabelled bound can outweigh the
labels: the classes found are then those that suit the decoder, slant or width, not yours. The smaller the
code, the more the decoder needs the class beside it, and the better it is found.
The best epoch is chosen with the labels of the validation split; ``--keep last`` does without them.
"""

from typing import Annotated

from aecore.conditions import told_network
from aecore.data import DataSpec
from aecore.likelihoods import LikelihoodOf, natural
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives.semi_supervised import Classification, LabelledBound, UnlabelledBound
from aecore.options import Range
from aecore.stages.semi_supervised import M2
from aecore.variants.registry import variant


@variant(title="M2", source="https://arxiv.org/abs/1406.5298", labels=True)  # eqs. 6, 7 and 9
def m2(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 512), "Numbers in the code that stands beside the class."] = 16,
    alpha: Annotated[float, Range(0, 10_000), "What a nat of classification costs."] = 10.0,
    labelled_weight: Annotated[
        float, Range(0, 1000), "How much the labelled bound counts beside the unlabelled one."
    ] = 1.0,
    labels_first: Annotated[
        float, Range(0, 1), "Part of the training in which the classifier learns from labels alone."
    ] = 0.0,
    net: Net = mlp,
    likelihood: LikelihoodOf = natural,
) -> Autoencoder:
    return M2(
        data,
        net=told_network(net, data, len(data.classes)),
        classifier=net(data).encoder,
        latent_dim=latent_dim,
        likelihood=likelihood(data),
        objective=UnlabelledBound(labels_first)
        + labelled_weight * LabelledBound()
        + alpha * Classification(),
    )
