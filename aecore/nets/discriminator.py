"""A critic of pictures: real or made?"""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor, nn

from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.nets.classifier import Classifier


class Discriminator(nn.Module):
    """The network of a classifier, with one class: real. Whatever net writes the pictures, it convolves.

    Args:
        data: Images, C×H×W, with or without classes.

    Raises:
        UserError: If the data are something else.
    """

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        if data.kind != "image":
            raise UserError(f"A discriminator looks at images; {data.name} holds none.")
        self.network = Classifier(replace(data, classes=("real",)))

    def forward(self, x: Tensor) -> Tensor:
        """Logits that images, shape (B, C, H, W), are real, shape (B,)."""
        logits: Tensor = self.network(x)
        return logits[:, 0]

    def features(self, x: Tensor) -> list[Tensor]:
        """The last feature maps, shape (B, c, h, w): the one level that is compared."""
        return self.network.features(x)[-2:-1]
