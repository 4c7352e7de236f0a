"""What a card says of a model that takes any β: its rate and distortion, β by β."""

from __future__ import annotations

from dataclasses import dataclass

from aecore.bundles.reader import Reader

MOST_POINTS = 1000


@dataclass(frozen=True)
class RatePoint:
    """A multi-rate model at one β, on the test split, each figure as the metric of its name has it.

    Attributes:
        beta: What a nat of code costs.
        rate: Nats.
        distortion: In the likelihood's unit.
        kl_per_dimension: Nats of each latent dimension.
        active_units: Latent dimensions whose mean varies.
    """

    beta: float
    rate: float
    distortion: float
    kl_per_dimension: tuple[float, ...]
    active_units: int

    @classmethod
    def read(cls, reader: Reader) -> RatePoint:
        """One item of the card's entry ``rate_distortion``."""
        beta, rate, distortion = (reader.number(name) for name in ("beta", "rate", "distortion"))
        if beta <= 0:
            raise reader.wrong("beta", beta, "above 0")
        kl = reader.numbers("kl_per_dimension", limit=10_000)
        point = cls(beta, rate, distortion, kl, reader.integer("active_units", 0, len(kl)))
        reader.done()
        return point
