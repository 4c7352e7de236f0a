"""What a trained model is worth, in numbers with units.

:data:`METRICS` says what each number means and needs no torch; :func:`evaluate` computes
them all and loads torch and scikit-learn when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aecore.metrics.table import METRICS, Metric

if TYPE_CHECKING:
    from aecore.metrics.evaluation import evaluate

__all__ = ["METRICS", "Metric", "evaluate"]


def __getattr__(name: str) -> Any:
    if name == "evaluate":
        from aecore.metrics.evaluation import evaluate

        return evaluate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
