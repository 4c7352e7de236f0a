"""A VAE as anybody writes it in PyTorch: a network, a DataLoader and a loop; and what a machine can do."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.flop_counter import FlopCounterMode

from aecore.data import Dataset, DataSpec
from aecore.nets import NETS

SIDE = 2048  # of the matrices whose product is timed
SECONDS = 1.0  # that they are multiplied for


class Plain(nn.Module):
    """Encoder, two heads, and a decoder whose output is squashed to pixels.

    Args:
        data: What it is for.
        latent_dim: D.
        net: Name of a network of aecore, with ``options``.
    """

    def __init__(self, data: DataSpec, latent_dim: int, net: str, options: Mapping[str, Any]) -> None:
        super().__init__()
        made = NETS[net](data, **options)
        self.encoder, self.decoder = made.encoder, made.decoder(latent_dim)
        self.mu = nn.Linear(made.encoder.widths[-1], latent_dim)
        self.logvar = nn.Linear(made.encoder.widths[-1], latent_dim)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Means and log-variances, shape (B, D) each."""
        top = self.encoder(x)[-1]
        return self.mu(top), self.logvar(top)

    def decode(self, z: Tensor) -> Tensor:
        """Pixels in (0, 1), shape (B, *shape)."""
        return torch.sigmoid(self.decoder(z))

    def loss(self, x: Tensor) -> Tensor:
        """½‖x − x̂‖² + KL, nats per example, shape ()."""
        mu, logvar = self.encode(x)
        again = self.decode(mu + torch.randn_like(mu) * torch.exp(0.5 * logvar))
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(1)
        return (0.5 * (again - x).square().flatten(1).sum(1) + kl).mean()


def halves(network: Plain) -> tuple[nn.Module, nn.Module]:
    """Encoder and decoder of a network as pythae takes those of its users."""
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    class Encoder(BaseEncoder):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.body, self.mu, self.logvar = network.encoder, network.mu, network.logvar

        def forward(self, x: Tensor) -> Any:
            top = self.body(x)[-1]
            return ModelOutput(embedding=self.mu(top), log_covariance=self.logvar(top))

    class Decoder(BaseDecoder):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.body = network.decoder

        def forward(self, z: Tensor) -> Any:
            return ModelOutput(reconstruction=torch.sigmoid(self.body(z)))

    return Encoder(), Decoder()


def loop(model: Plain, data: Dataset, device: str, epochs: int, batch_size: int, lr: float) -> float:
    """The tutorial's loop: shuffled batches of a DataLoader, Adam; seconds that it takes.

    Args:
        model: Trained in place.
        data: Its training split.
        device, epochs, batch_size, lr: As they are called everywhere.
    """
    model.to(device).train()
    batches = DataLoader(TensorDataset(data.train.x), batch_size, shuffle=True)
    optimiser = torch.optim.Adam(model.parameters(), lr)
    started = now(device)
    for _ in range(epochs):
        for (x,) in batches:
            optimiser.zero_grad()
            loss = model.loss(x.to(device))
            loss.backward()
            optimiser.step()
    return now(device) - started


def now(device: str) -> float:
    """Seconds, once a device has done what it was given."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    return time.perf_counter()


def flops(model: Plain, x: Tensor) -> float:
    """Floating-point operations of training, for each example: products and sums of every layer, both ways.

    Args:
        model: On the CPU.
        x: Some examples.
    """
    with FlopCounterMode(display=False) as counter:
        model.loss(x).backward()
    model.zero_grad()
    return counter.get_total_flops() / len(x)


def gemm_rate(device: str, dtype: torch.dtype, side: int = SIDE, seconds: float = SECONDS) -> float:
    """Floating-point operations a second in the best of many products of square matrices.

    Args:
        device: Where.
        dtype: Of the matrices.
        side: Their side.
        seconds: How long it is tried.
    """
    a, b = torch.randn(2, side, side, device=device, dtype=dtype)
    best, end = float("inf"), now(device) + seconds
    while (started := now(device)) < end or best == float("inf"):
        torch.mm(a, b)
        best = min(best, now(device) - started)
    return 2 * side**3 / best
