"""What is there to look at: bundles, each read once."""

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
    """The bundles on this machine: looked for again after ten seconds, so that new ones show up.

    One whose card is still the same stays the object it was, and keeps the codes it has read.
    """
    before, found = _seen(), bundles.scan()
    now = {each.id: before[each.id] if before.get(each.id) == each else each for each in found.bundles}
    before.clear()
    before.update(now)
    return Shelf(now, tuple(found.damaged))


@st.cache_resource(show_spinner=False)
def _seen() -> dict[str, Bundle]:
    return {}
