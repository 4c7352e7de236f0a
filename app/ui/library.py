"""What there is to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from aecore import bundles
from aecore.bundles import Bundle


@dataclass(frozen=True)
class Shelf:
    """Every bundle that can be read, by its id, and every folder that cannot, with the reason."""

    bundles: Mapping[str, Bundle]
    damaged: tuple[tuple[Path, str], ...]


@st.cache_resource(ttl=10, max_entries=1, show_spinner=False)
def shelf() -> Shelf:
    """The bundles on this machine: looked for again after ten seconds, so that new ones show up."""
    found = bundles.scan()
    return Shelf({each.id: each for each in found.bundles}, tuple(found.damaged))
