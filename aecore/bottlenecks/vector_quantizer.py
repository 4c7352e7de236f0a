"""A code of slots, each one of the K vectors of a learned codebook, and an autoregressive prior over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aecore.bottlenecks.bottleneck import Bottleneck
from aecore.bottlenecks.moments import moments
from aecore.bottlenecks.posteriors import Posterior, in_full
from aecore.errors import UserError
from aecore.functions import Function, Input
from aecore.nets.causal import CausalTransformer, NextIndex

KMEANS_ROUNDS = 10
MOMENT_DRAWS = 4096  # codes from the prior, whose mean and covariance a card states


@dataclass(frozen=True)
class QuantisedPosterior(Posterior):
    """All its mass on the nearest vectors of the codebook.

    Attributes:
        code: z_e, what the encoder wrote, shape (B, D).
        quantised: e, the vectors that replace it, shape (B, D).
        indices: Which they are, shape (B, S).
    """

    code: Tensor
    quantised: Tensor
    indices: Tensor

    @property
    def mean(self) -> Tensor:
        return self.quantised.detach()

    def sample(self) -> Tensor:
        """e itself, whose gradient goes straight through to z_e (van den Oord et al. 2017, section 3.2)."""
        return self.quantised.detach() + (self.code - self.code.detach())

    def tensors(self) -> dict[str, Tensor]:
        return {"z": self.mean}


class VectorQuantizer(Bottleneck):
    r"""The encoder's D numbers as S slots of w, each replaced by the nearest vector of one codebook.

    .. math:: k_s = \arg\min_k \lVert z_{e,s} - e_k \rVert^2, \quad z_s = e_{k_s}

    The codebook starts from the first training batch, by k-means. It then follows the codes that
    choose it, by exponential moving averages (``ema``) or by a gradient. A vector whose share of
    the codes falls below ``restart`` of its fair one, 1/K, is put on a code drawn from the batch.

    Args:
        latent_dim: D = S·w.
        width: w, the numbers of a slot.
        size: K, the vectors of the codebook.
        update: How the codebook learns.
        decay: γ of the moving averages; the counts that tell dead vectors have it too.
        restart: 0 to leave dead vectors where they are.
        prior: Of the indices, for S slots of K values.

    Raises:
        UserError: If the width does not divide the dimensions.

    Source:
        van den Oord et al. (2017). https://arxiv.org/abs/1711.00937, appendix A.1 for the averages.
    """

    kind = "codebook"
    probabilistic = False
    outputs = ("z",)

    prior_mean: Tensor
    prior_cholesky: Tensor
    counts: Tensor
    codebook: Tensor

    def __init__(
        self,
        latent_dim: int,
        *,
        width: int,
        size: int,
        prior: CausalTransformer,
        update: Literal["ema", "gradient"] = "ema",
        decay: float = 0.95,
        restart: float = 0.05,
    ) -> None:
        super().__init__(latent_dim)
        self.width, self.size, self.slots = width, size, slots_of(latent_dim, width)
        self.update, self.decay, self.restart, self.prior = update, decay, restart, prior
        self.register_buffer("prior_mean", torch.zeros(latent_dim))
        self.register_buffer("prior_cholesky", torch.eye(latent_dim))
        start = torch.randn(size, width)
        if update == "gradient":
            self.codebook = nn.Parameter(start)
        else:
            self.register_buffer("codebook", start)
        self.register_buffer("counts", torch.zeros(size))  # codes a batch, averaged; all 0: not yet started

    def connect(self, widths: Sequence[int]) -> None:
        self.z = nn.Linear(widths[-1], self.latent_dim)

    def forward(self, features: list[Tensor]) -> QuantisedPosterior:
        code = in_full(self.z(features[-1]))
        vectors = self.in_slots(code)
        if self.training and not bool(self.counts.any()):
            self._start(vectors.detach().flatten(0, 1))
        indices = self.nearest(vectors)
        posterior = QuantisedPosterior(code, self.lookup(indices), indices)
        if self.training:
            self._learn(vectors.detach().flatten(0, 1), indices.flatten())
        return posterior

    def in_slots(self, code: Tensor) -> Tensor:
        """The vectors of a code, shape (B, D) to (B, S, w)."""
        return code.unflatten(1, (self.slots, self.width))

    def nearest(self, vectors: Tensor) -> Tensor:
        """Indices of the nearest vectors of the codebook, shape (…, w) to (…,)."""
        return self._distances(vectors).argmin(-1)

    def lookup(self, indices: Tensor) -> Tensor:
        """The code of indices, shape (B, S) to (B, D)."""
        return F.embedding(indices, self.codebook).flatten(1)

    def margin(self, code: Tensor) -> Tensor:
        """How much farther the second nearest vector is than the nearest: the least over slots, (B,)."""
        distances = self._distances(self.in_slots(code))
        if self.size == 1:
            return torch.full((len(code),), torch.inf, device=code.device)
        both = distances.topk(2, dim=-1, largest=False).values.clamp(min=0).sqrt()
        return (both[..., 1] - both[..., 0]).amin(1)

    def _distances(self, vectors: Tensor) -> Tensor:
        """Squared distances to every vector of the codebook, shape (…, w) to (…, K)."""
        book = self.codebook.detach()
        return vectors.square().sum(-1, keepdim=True) - 2 * vectors @ book.mT + book.square().sum(1)

    @torch.no_grad()
    def _start(self, vectors: Tensor) -> None:
        """The codebook from codes, shape (M, w), by k-means; each vector has had its fair share of them."""
        order = torch.randperm(len(vectors), device=vectors.device)
        chosen = vectors[order[torch.arange(self.size, device=vectors.device) % len(vectors)]]
        self.codebook.copy_(chosen + 1e-3 * vectors.std() * torch.randn_like(chosen))  # no two are one
        for _ in range(KMEANS_ROUNDS):
            sums, numbers = self._assigned(vectors, self.nearest(vectors))
            self.codebook.copy_(torch.where(numbers > 0, sums / numbers.clamp(min=1), self.codebook))
        self.counts.fill_(len(vectors) / self.size)

    @torch.no_grad()
    def _learn(self, vectors: Tensor, indices: Tensor) -> None:
        """One step of the averages (eqs. 6 to 8) from codes, shape (M, w), and of what is dead."""
        sums, numbers = self._assigned(vectors, indices)
        counts = self.counts.clamp(min=1e-6)  # a count that has died out still has a place
        after = self.decay * counts + (1 - self.decay) * numbers[:, 0]
        if self.update == "ema":
            mass = self.decay * counts[:, None] * self.codebook + (1 - self.decay) * sums
            self.codebook.copy_(mass / after[:, None])
        fair = len(vectors) / self.size
        dead = after < self.restart * fair
        alive = vectors[torch.randint(len(vectors), (self.size,), device=vectors.device)]
        self.codebook.copy_(torch.where(dead[:, None], alive, self.codebook))
        self.counts.copy_(torch.where(dead, fair, after))

    def _assigned(self, vectors: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Sum and number of the codes that chose each vector, shapes (K, w) and (K, 1)."""
        both = torch.cat([vectors, torch.ones_like(vectors[:, :1])], 1)
        summed = torch.zeros(self.size, self.width + 1, device=vectors.device, dtype=vectors.dtype)
        return summed.index_add_(0, indices, both).split([self.width, 1], 1)

    @torch.no_grad()
    def draw(self, n: int, temperature: float = 1.0) -> Tensor:
        """Codes from the prior, index by index, shape (n, D); 0 takes the likeliest index each time."""
        return self.lookup(self.prior.sample(n, temperature))

    def fit_prior(self, codes: Tensor) -> None:
        """Mean and covariance of what the prior gives, for the card; the prior itself is trained."""
        mean, cholesky = moments(self.draw(MOMENT_DRAWS))
        self.prior_mean.copy_(mean)
        self.prior_cholesky.copy_(cholesky)

    def prior_spec(self) -> dict[str, object]:
        mean, cholesky = self.prior_mean.tolist(), self.prior_cholesky.tolist()
        return {"kind": "autoregressive", "mean": mean, "cholesky": cholesky}

    def spec(self) -> dict[str, object]:
        book = {"size": self.size, "slots": self.slots, "width": self.width}
        return super().spec() | {"codebook": book}

    def functions(self) -> dict[str, Function]:
        indices = (self.slots,)
        prefix, length = Input("prefix", indices, self.size), Input("length", (), self.slots)
        return {
            "prior": Function(NextIndex(self.prior), (prefix, length), ("logits",)),
            "lookup": Function(Lookup(self), (Input("indices", indices, self.size),), ("z",)),
        }


class Lookup(nn.Module):
    """What is exported: indices, shape (B, S), to codes, shape (B, D)."""

    def __init__(self, quantizer: VectorQuantizer) -> None:
        super().__init__()
        self.quantizer = quantizer

    def forward(self, indices: Tensor) -> tuple[Tensor]:
        return (self.quantizer.lookup(indices),)


def slots_of(latent_dim: int, width: int) -> int:
    """S, the slots of ``width`` numbers in a code.

    Raises:
        UserError: If the width does not divide the dimensions.
    """
    if latent_dim % width:
        fitting = ", ".join(str(w) for w in range(1, latent_dim + 1) if latent_dim % w == 0)
        raise UserError(
            f"{latent_dim} numbers do not fall into slots of {width}: --slot-width can be {fitting}."
        )
    return latent_dim // width


def perplexity(indices: Tensor, size: int) -> float:
    """exp of the entropy of how often each of ``size`` vectors is chosen: K if all are equally often."""
    share = torch.bincount(indices.flatten(), minlength=size).double() / indices.numel()
    return float(torch.exp(torch.special.entr(share).sum()))
