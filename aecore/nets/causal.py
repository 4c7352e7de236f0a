r"""A causal transformer over indices: how likely each is, given those before it.

.. math:: \log p(s) = \sum_{t=1}^{S} \log p(s_t \mid s_1, \dots, s_{t-1})
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aecore.nets.transformer import attend

HEADS = 4
DROPOUT = 0.1


class CausalTransformer(nn.Module):
    """Pre-norm blocks of masked self-attention over S positions with learned places.

    Position t reads the indices before t: a learned start token, then s₁ … s₍t−1₎.

    Args:
        size: K, how many values an index has.
        slots: S, the indices of a sequence.
        width: Numbers that describe a position, a multiple of 4, the heads.
        layers: Blocks.

    Source:
        Vaswani et al. (2017), decoder without cross-attention. https://arxiv.org/abs/1706.03762
    """

    def __init__(self, size: int, slots: int, *, width: int = 128, layers: int = 2) -> None:
        super().__init__()
        self.size, self.slots = size, slots
        self.embedding = nn.Embedding(size, width)
        self.start = nn.Parameter(0.02 * torch.randn(1, 1, width))
        self.places = nn.Parameter(0.02 * torch.randn(slots, width))
        self.blocks = nn.Sequential(*(Block(width) for _ in range(layers)))
        self.output = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, size))
        nn.init.normal_(self.embedding.weight, std=0.02)

    def forward(self, indices: Tensor) -> Tensor:
        """Logits of each of the first T indices given those before it, shape (B, T) to (B, T, K)."""
        before = torch.cat([self.start.expand(indices.shape[0], 1, -1), self.embedding(indices[:, :-1])], 1)
        logits: Tensor = self.output(self.blocks(before + self.places[: indices.shape[1]]))
        return logits

    def log_prob(self, indices: Tensor) -> Tensor:
        """log p of whole sequences, shape (B, S) to (B,), nats."""
        return -F.cross_entropy(self(indices).mT, indices, reduction="none").sum(1)

    @torch.no_grad()
    def sample(self, n: int, temperature: float = 1.0) -> Tensor:
        """Sequences drawn one index after the other, shape (n, S).

        Args:
            n: How many.
            temperature: Divides the logits; 0 takes the likeliest index each time.
        """
        drawn = torch.zeros(n, self.slots, dtype=torch.int64, device=self.start.device)
        for t in range(self.slots):
            logits = self(drawn[:, : t + 1])[:, t].float()  # (n, K)
            if temperature > 0:
                chance = torch.softmax(logits / temperature, 1)
                drawn[:, t] = torch.multinomial(chance, 1)[:, 0]
            else:
                drawn[:, t] = logits.argmax(1)
        return drawn


class Block(nn.Module):
    """Attention to what stands before, then a perceptron for each position; both are added on."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attend = nn.Linear(width, 3 * width)
        self.gather = nn.Linear(width, width)
        self.perceptron = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, h: Tensor) -> Tensor:
        """Shape (B, T, width) to the same."""
        h = h + self.drop(self.gather(attend(self.attend(self.norm(h)), HEADS, causal=True)))
        changed: Tensor = h + self.drop(self.perceptron(h))
        return changed


class NextIndex(nn.Module):
    """What is exported: the logits of the index that follows ``length`` known ones."""

    def __init__(self, transformer: CausalTransformer) -> None:
        super().__init__()
        self.transformer = transformer

    def forward(self, prefix: Tensor, length: Tensor) -> tuple[Tensor]:
        """``prefix``, shape (B, S), of which ``length``, shape (B,), count; logits, shape (B, K)."""
        logits: Tensor = self.transformer(prefix)
        place = length[:, None, None].expand(-1, 1, logits.shape[2])
        return (torch.gather(logits, 1, place)[:, 0],)
