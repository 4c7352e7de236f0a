"""A small convolutional classifier: its features judge samples, and what a reconstruction looks like."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aecore.data import DataSpec, Split
from aecore.errors import UserError

FEATURES = 64  # numbers in the penultimate layer
_STEM, _FIRST, _REST = 16, 32, 64  # feature maps at full size, after the first halving, after the others
_SMALLEST = 4  # pixels: no side is halved below it


class Classifier(nn.Module):
    """3×3 convolutions that halve the picture until no side is over 4 pixels, and two dense layers.

    At most 160,000 weights for pictures of up to 64×64 pixels.

    Args:
        data: Images, C×H×W, with classes.

    Raises:
        UserError: If the data are not images or have no classes.
    """

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        if len(data.shape) != 3 or not data.classes:
            raise UserError(f"A classifier reads labelled images, C×H×W; {data.name} holds none.")
        colours, *sides = data.shape
        maps = [_STEM]
        while max(sides) > _SMALLEST:
            sides = [(side + 1) // 2 for side in sides]
            maps.append(_FIRST if len(maps) == 1 else _REST)
        downs = [nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(maps)]
        self.levels = nn.ModuleList([nn.Conv2d(colours, _STEM, 3, padding=1), *downs])
        self.dense = nn.Linear(maps[-1] * sides[0] * sides[1], FEATURES)
        self.head = nn.Linear(FEATURES, len(data.classes))

    def features(self, x: Tensor) -> list[Tensor]:
        """Activations of every level, bottom first, for images of shape (B, C, H, W).

        Maps of shape (B, c, h, w), the first as large as the picture; last the penultimate
        layer's vector, shape (B, 64).
        """
        found = []
        for level in self.levels:
            x = F.gelu(level(x))
            found.append(x)
        return [*found, F.gelu(self.dense(x.flatten(1)))]

    def forward(self, x: Tensor) -> Tensor:
        """Logits, shape (B, K)."""
        logits: Tensor = self.head(self.features(x)[-1])
        return logits


def fit_classifier(
    classifier: Classifier,
    split: Split,
    *,
    epochs: int = 4,
    batch_size: int = 128,
    lr: float = 2e-3,
    seed: int = 0,
) -> None:
    """Trains a classifier in place by cross-entropy (Adam, one rise and fall of the learning rate).

    Each time an example is seen its pixels are, by chance, grey as they are, black or white
    above one half, or drawn with their grey values as probabilities: models make and see all
    three kinds. On binary data the three are one. Examples whose class is unknown (−1) are left out.

    The same seed and weights at the start give the same weights on a CPU; torch's own generators
    are where they were afterwards.

    Args:
        classifier: On the split's device; left in evaluation mode.
        split: Examples in [0, 1], shape (N, C, H, W), and their labels, shape (N,).
        epochs: Times every example is seen.
        batch_size: Examples in a step.
        lr: The highest learning rate.
        seed: Fixes order and pixels.

    Raises:
        UserError: If no example has a label.
    """
    if split.label is None or not bool((split.label >= 0).any()):
        raise UserError("A classifier is trained on labelled examples; these have no labels.")
    known = split.take((split.label >= 0).nonzero().flatten())
    assert known.label is not None
    device, n = known.x.device, len(known)
    generator = torch.Generator(device).manual_seed(seed)
    optimiser = torch.optim.Adam(classifier.parameters(), lr=lr)
    steps = epochs * -(-n // batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, lr, total_steps=max(steps, 2))
    classifier.train()
    with torch.enable_grad():
        for _ in range(epochs):
            for index in torch.randperm(n, generator=generator, device=device).split(batch_size):
                x = _shown(known.x[index], generator)
                loss = F.cross_entropy(classifier(x), known.label[index])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
    classifier.eval()


def _shown(x: Tensor, generator: torch.Generator) -> Tensor:
    """Each image of (B, C, H, W) grey, at a threshold, or drawn: one third of them each."""
    kind = torch.rand(len(x), 1, 1, 1, generator=generator, device=x.device)
    drawn = torch.bernoulli(x, generator=generator)
    return torch.where(kind < 1 / 3, x, torch.where(kind < 2 / 3, (x > 0.5).to(x.dtype), drawn))


@torch.no_grad()
def accuracy(classifier: Classifier, split: Split) -> float:
    """Share of labelled examples whose class is the one with the largest logit."""
    assert split.label is not None
    right = [(classifier(each.x).argmax(1) == each.label) for each in split.batches(1000)]
    return torch.cat(right).double().mean().item()
