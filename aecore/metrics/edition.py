"""Which metrics there are, as one short text: a card that has another lacks some. No torch here."""

from __future__ import annotations

import hashlib
import json

from aecore.metrics.table import METRICS
from aecore.metrics.table_samples import judges
from aecore.version import __version__

DEFINITIONS = 2
"""One more whenever a metric of the same name comes to be computed in another way."""


def edition() -> str:
    """The library's version, and eight digits that change with metrics, definitions and judges."""
    known = json.dumps([DEFINITIONS, sorted(METRICS), sorted(judges().items())])
    return f"{__version__}-{hashlib.sha256(known.encode()).hexdigest()[:8]}"
