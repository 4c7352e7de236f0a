"""What a card says of the code: its kind, its size, and where new ones are drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeGuard, get_args

from aecore.bundles.reader import Reader, is_integer, is_number

MAX_DIM = 4096

LatentKind = Literal["gaussian", "point", "flow", "ladder", "codebook"]
PriorKind = Literal["standard-normal", "fitted-gaussian", "function", "autoregressive"]
ConditionKind = Literal["class", "log-beta"]


@dataclass(frozen=True)
class Prior:
    """Where codes are drawn from.

    - ``standard-normal``: N(0, I).
    - ``fitted-gaussian``: N(m, L Lᵀ), fitted to the training codes of a model that has no prior.
    - ``function``: ``prior.onnx`` turns standard normal ``noise`` into codes.
    - ``autoregressive``: ``prior.onnx`` gives the logits of the next index of a codebook from a
      ``prefix`` of which ``length`` indices are known; ``lookup.onnx`` turns indices into a code.

    Attributes:
        mean: m, the mean of the codes it gives, shape (D,); None for the standard normal.
        cholesky: L, lower triangular, L Lᵀ their covariance, shape (D, D); None for the standard normal.
        deviations: The diagonal of L, shape (D,), where it is all there is; then no ``cholesky``.
    """

    kind: PriorKind = "standard-normal"
    mean: tuple[float, ...] | None = None
    cholesky: tuple[list[float], ...] | None = None
    deviations: tuple[float, ...] | None = None

    @classmethod
    def read(cls, reader: Reader, dim: int) -> Prior:
        """The card's entry ``latent.prior``, for codes of ``dim`` dimensions."""
        kind = reader.choice("kind", get_args(PriorKind))
        if kind == "standard-normal":
            reader.done()
            return cls()

        def is_row(value: object) -> TypeGuard[list[float]]:
            return isinstance(value, list) and len(value) == dim and all(map(is_number, value))

        mean = reader.numbers("mean", limit=dim)
        if reader.has("deviations"):
            deviations = reader.numbers("deviations", limit=dim)
            if len(mean) != dim or len(deviations) != dim:
                raise reader.wrong("mean", list(mean), f"{dim} numbers, beside {dim} deviations")
            reader.done()
            return cls(kind, mean, deviations=deviations)
        cholesky = reader.items("cholesky", is_row, f"rows of {dim} numbers", limit=dim)
        if len(mean) != dim or len(cholesky) != dim:
            raise reader.wrong("mean", list(mean), f"{dim} numbers, beside a {dim} × {dim} factor")
        reader.done()
        return cls(kind, mean, cholesky)


@dataclass(frozen=True)
class Codebook:
    """A code of ``slots`` vectors, each one of ``size`` of ``width`` numbers."""

    size: int
    slots: int
    width: int

    @classmethod
    def read(cls, reader: Reader) -> Codebook:
        """The card's entry ``latent.codebook``."""
        book = cls(*(reader.integer(name, 1, 10**6) for name in ("size", "slots", "width")))
        reader.done()
        return book


@dataclass(frozen=True)
class Condition:
    """What encoder and decoder are told beside: a class as ``size`` numbers of which one is 1, or log β.

    Attributes:
        range: Lowest and highest β that the model was trained for; empty where a class is told.
    """

    kind: ConditionKind
    size: int
    range: tuple[float, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The card's entry ``latent.condition``."""
        beta = {"range": list(self.range)} if self.range else {}
        return {"kind": self.kind, "size": self.size} | beta

    @classmethod
    def read(cls, reader: Reader) -> Condition:
        """The card's entry ``latent.condition``."""
        kind, size = reader.choice("kind", get_args(ConditionKind)), reader.integer("size", 1, 10**6)
        if kind == "log-beta" and size != 1:
            raise reader.wrong("size", size, "1: log β is one number")
        span = reader.numbers("range", limit=2) if kind == "log-beta" and reader.has("range") else ()
        if span and not (len(span) == 2 and 0 < span[0] <= 1 <= span[1]):
            raise reader.wrong("range", list(span), "the lowest and the highest β, 1 between them")
        reader.done()
        return cls(kind, size, span)


@dataclass(frozen=True)
class LatentSpec:
    """What a code is.

    Attributes:
        kind: ``gaussian`` (μ and log σ²), ``point``, ``flow``, ``ladder`` or ``codebook``.
        dim: D, the numbers in it.
        prior: Where new ones are drawn from.
        levels: Of a ladder: the dimensions of each level, the one nearest to the data first.
        codebook: Of a codebook: D = slots · width.
        condition: What encoder and decoder are told beside, or None.
    """

    kind: LatentKind
    dim: int
    prior: Prior = Prior()
    levels: tuple[int, ...] = ()
    codebook: Codebook | None = None
    condition: Condition | None = None

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what the encoder gives."""
        return ("mu", "logvar") if self.kind == "gaussian" else ("z",)

    def to_json(self) -> dict[str, Any]:
        """The entry as it stands in ``card.json``, and as ``aecore.latent`` reads it."""
        prior = {key: value for key, value in vars(self.prior).items() if value is not None}
        seldom: dict[str, Any] = {
            "levels": self.levels,
            "codebook": vars(self.codebook) if self.codebook else None,
            "condition": self.condition.to_json() if self.condition else None,
        }
        return {"kind": self.kind, "dim": self.dim, "prior": prior} | {k: v for k, v in seldom.items() if v}

    @classmethod
    def read(cls, reader: Reader) -> LatentSpec:
        """The card's entry ``latent``."""
        kind = reader.choice("kind", get_args(LatentKind))
        dim = reader.integer("dim", 1, MAX_DIM)
        spec = cls(
            kind,
            dim,
            prior=Prior.read(reader.child("prior"), dim),
            levels=reader.items("levels", is_integer, "whole numbers", 100) if reader.has("levels") else (),
            codebook=Codebook.read(reader.child("codebook")) if reader.has("codebook") else None,
            condition=Condition.read(reader.child("condition")) if reader.has("condition") else None,
        )
        book = spec.codebook
        if (spec.levels and sum(spec.levels) != dim) or (book and book.slots * book.width != dim):
            raise reader.wrong("dim", dim, "as many numbers as its levels or slots have together")
        reader.done()
        return spec

    @classmethod
    def from_json(cls, raw: dict[str, Any], bundle: str = "being written") -> LatentSpec:
        """The same from ``{"kind", "dim", "prior": bottleneck.prior_spec(), …}``.

        Raises:
            BundleError: If an entry is missing or wrong.
        """
        return cls.read(Reader(raw, bundle, "latent"))
