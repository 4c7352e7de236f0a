"""The page's address: what a viewer sees stands in the URL, so that it can be shared.

Widgets of one page write themselves (``bind="query-params"``); this module is for what
outlives a page, and for what is no widget's value.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterable

import numpy as np
import streamlit as st

from aecore.errors import UserError


def get(name: str) -> str | None:
    """The value of a parameter of the URL, or None."""
    return st.query_params.get(name)


def put(**values: str | None) -> None:
    """Set parameters of the URL; None takes one away."""
    for name, value in values.items():
        if value is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != value:
            st.query_params[name] = value


def number(name: str, below: int) -> int | None:
    """A whole number in the URL, from 0 to ``below`` − 1, or None where there is none.

    Raises:
        UserError: If the URL holds something else.
    """
    text = get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) < below):
        put(**{name: None})
        raise UserError(f"The link asks for {name} {text[:40]!r}; this bundle has 0 to {below - 1}.")
    return int(text)


def rows(name: str, size: int) -> list[int]:
    """The rows in the URL, of ``size``, ascending; none where it has none.

    Raises:
        UserError: If the URL holds something else.
    """
    text = get(name)
    try:
        return unpack(text, size) if text else []
    except UserError:
        put(**{name: None})
        raise


def pack(rows: Iterable[int], size: int) -> str:
    """Some rows of ``size`` as text that fits a URL: a bit each, compressed.

    >>> unpack(pack([3, 1], 10), 10)
    [1, 3]
    """
    bits = np.zeros(size, bool)
    bits[list(rows)] = True
    return base64.urlsafe_b64encode(zlib.compress(np.packbits(bits).tobytes(), 9)).decode().rstrip("=")


def unpack(text: str, size: int) -> list[int]:
    """The rows that :func:`pack` wrote, ascending.

    Raises:
        UserError: If the text is not one of :func:`pack`'s for this ``size``.
    """
    wanted = (size + 7) // 8
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        # No more than is wanted is ever unpacked: a link may be anybody's.
        raw = zlib.decompressobj().decompress(packed, wanted + 1)
    except (binascii.Error, zlib.error, ValueError):
        raw = b""
    bits = np.unpackbits(np.frombuffer(raw, np.uint8)) if len(raw) == wanted else np.ones(1, np.uint8)
    if len(bits) < size or bits[size:].any():
        raise UserError("The link's selection does not belong to this bundle; select again.")
    return [int(row) for row in np.flatnonzero(bits[:size])]
