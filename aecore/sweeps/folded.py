"""Another order and other signs of a VAE's dimensions, folded into its weights.

The prior N(0, I) and a diagonal posterior do not notice: every image, every rate and every loss stays
what it was, to the rounding of sums in another order.
"""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from aecore.bottlenecks import DiagonalGaussian
from aecore.model import Autoencoder


@torch.no_grad()
def fold(model: Autoencoder, order: NDArray[Any], signs: NDArray[Any]) -> None:
    """Reorders and reflects the latent dimensions of a model, in place.

    Args:
        model: With a diagonal Gaussian posterior, evaluating.
        order: Which old dimension stands at each place, shape (D,).
        signs: By what it is multiplied there, −1 or 1, shape (D,).

    Raises:
        TypeError: If the model has another posterior, or no linear layer reads its code.
    """
    bottleneck = model.bottleneck
    if not isinstance(bottleneck, DiagonalGaussian):
        raise TypeError(f"{type(bottleneck).__name__} has no diagonal Gaussian posterior.")
    index = torch.as_tensor(order, device=bottleneck.mu.weight.device)
    sign = torch.as_tensor(signs, dtype=bottleneck.mu.weight.dtype, device=index.device)
    reader = reader_of(model)
    bottleneck.mu.weight.copy_(bottleneck.mu.weight[index] * sign[:, None])
    bottleneck.mu.bias.copy_(bottleneck.mu.bias[index] * sign)
    bottleneck.logvar.weight.copy_(bottleneck.logvar.weight[index])
    bottleneck.logvar.bias.copy_(bottleneck.logvar.bias[index])
    reader.weight.copy_(reader.weight[:, index] * sign)


def reader_of(model: Autoencoder) -> nn.Linear:
    """The linear layer of the decoder that reads the code.

    Raises:
        TypeError: If the first layer at work is no such layer.
    """
    found: list[nn.Linear] = []

    def look(layer: nn.Module, given: tuple[Tensor, ...]) -> None:
        if isinstance(layer, nn.Linear) and given and given[0] is z:
            found.append(layer)

    z = torch.zeros(1, model.latent_dim, device=next(model.parameters()).device)
    handles = [layer.register_forward_pre_hook(look) for layer in model.decoder.modules()]
    try:
        model.decoder(z)
    finally:
        for handle in handles:
            handle.remove()
    if len(found) != 1:
        raise TypeError(f"The code is read by {len(found)} linear layers of the decoder, not by one.")
    return found[0]
