r"""Terms for learning classes from few labels beside many examples without one.

For an example with its label :math:`\mathcal{L}(x, y)` bounds :math:`-\log p(x, y)`; for one without,
:math:`\mathcal{U}(x)` bounds :math:`-\log p(x)`, the class marginalised exactly. Each is averaged over its
own examples, so that a hundred labels are seen at every step and not once in a hundred steps.

Source:
    Kingma et al. (2014). https://arxiv.org/abs/1406.5298
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol, cast

import torch
from torch import Tensor
from torch.nn import functional as F

from aecore.objectives.objective import Model, Term
from aecore.step import Pass, Step


class Classes(Protocol):
    """What these terms ask of a model; of K ``classes``."""

    classes: int

    def labelled(self, step: Step) -> tuple[Tensor, Tensor]:
        """Examples whose class is known, shape (L, *shape), and their classes, shape (L,)."""

    def unlabelled(self, step: Step) -> Tensor:
        """Examples whose class is not known, shape (U, *shape)."""

    def see(self, x: Tensor) -> Tensor:
        """What the parts below read and write, of examples: these themselves, or codes of them."""

    def log_classes(self, seen: Tensor) -> Tensor:
        """log q(y|x), shape (B, K), nats."""

    def bound(self, seen: Tensor, y: Tensor) -> Tensor:
        """L(x, y), shape (B,), nats, given classes as one 1 among zeros, shape (B, K)."""


class OfLabelled(Term):
    """A mean over examples whose class is known; 0 where a step has none."""

    per = "batch"

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        classes = cast(Classes, model)
        x, label = classes.labelled(step)
        return self.mean(classes, classes.see(x), label) if len(x) else torch.zeros((), device=x.device)  # ()

    @abstractmethod
    def mean(self, classes: Classes, seen: Tensor, label: Tensor) -> Tensor:
        """Over examples as ``see`` gives them and their classes, shape (L,), as ()."""


class LabelledBound(OfLabelled):
    r"""Mean of :math:`\mathcal{L}(x, y) \ge -\log p(x, y)` over labelled examples.

    Source:
        Kingma et al. (2014), eq. 6. https://arxiv.org/abs/1406.5298
    """

    name = "labelled_bound"
    latex = r"\mathbb{E}_{\mathrm{lab}}\, \mathcal{L}(x, y)"

    def mean(self, classes: Classes, seen: Tensor, label: Tensor) -> Tensor:
        return classes.bound(seen, F.one_hot(label, classes.classes).float()).mean()


class UnlabelledBound(Term):
    r"""Mean of :math:`\mathcal{U}(x) \ge -\log p(x)` over unlabelled examples.

    .. math:: \mathcal{U}(x) = \sum_y q(y|x)\, [\mathcal{L}(x, y) + \log q(y|x)]

    Args:
        labels_first: Share of the training in which q(y|x) learns nothing of it.

    Source:
        Kingma et al. (2014), eq. 7. https://arxiv.org/abs/1406.5298
    """

    name = "unlabelled_bound"
    per = "batch"
    latex = r"\mathbb{E}_{\mathrm{unl}}\, \mathcal{U}(x)"

    def __init__(self, labels_first: float = 0.0) -> None:
        super().__init__()
        self.labels_first = labels_first

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        classes = cast(Classes, model)
        x = classes.unlabelled(step)
        if not len(x):
            return torch.zeros((), device=x.device)
        seen = classes.see(x)
        log_q = classes.log_classes(seen)
        if step.progress < self.labels_first:
            log_q = log_q.detach()
        b, k = log_q.shape
        every = torch.eye(k, device=x.device).repeat(b, 1)  # (B·K, K): each example as each class
        bound = classes.bound(seen.repeat_interleave(k, 0), every).view(b, k)
        return (log_q.exp() * (bound + log_q)).sum(1).mean()  # ()


class Classification(OfLabelled):
    r"""Mean of :math:`-\log q(y|x)` over labelled examples: without it labels do not teach the classifier.

    Source:
        Kingma et al. (2014), eq. 9. https://arxiv.org/abs/1406.5298
    """

    name = "classification_loss"
    latex = r"\mathbb{E}_{\mathrm{lab}}[-\log q_\phi(y|x)]"

    def mean(self, classes: Classes, seen: Tensor, label: Tensor) -> Tensor:
        return F.nll_loss(classes.log_classes(seen), label)
