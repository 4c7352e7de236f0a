"""Frames of a live training and the plane they are shown on, in the browser, against Python's own."""

from __future__ import annotations

import base64
import io
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser
from scipy.linalg import orthogonal_procrustes

from aecore.jobs.recording import Dials, Header, encode
from app import routes
from tests.browser import live

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def run(browser: Browser, app_url: str) -> Iterator[Callable[..., Any]]:
    """Runs JavaScript on ``parts``; bytes arrive as a text for ``bytes``."""
    page = browser.new_page()
    page.goto(app_url + live.HEALTH)

    def run(body: str, **given: Any) -> Any:
        packed = {
            key: base64.b64encode(value).decode() if isinstance(value, bytes) else value
            for key, value in given.items()
        }
        return page.evaluate(
            "async (given) => { const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));"
            "const floats = (text) => new Float32Array(bytes(text).buffer);"
            f"const {{ parts }} = await import('/{routes.canvas_url()}'); {body} }}",
            packed,
        )

    yield run
    page.close()


def frame_of(mu: NDArray[np.float16], pixels: NDArray[np.uint8]) -> bytes:
    """A frame as the core writes it."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    picture = buffer.getvalue()
    body = mu.astype("<f2").tobytes() + picture + picture
    pictures = ("grid.png", "traversals.png")
    parts = (("mu", "float16", mu.shape, mu.nbytes), *((name, "png", (), len(picture)) for name in pictures))
    header = Header(
        7, 96, 2, 1.5, Dials(beta=4.0, beta_now=2.0, lr=0.003), rate=1.25, kl=(1.0, 0.25), traversed=(0, 2),
        parts=parts,
    )  # fmt: skip
    return encode(header, body)


def test_a_frame_is_read_as_the_core_wrote_it(run: Callable[..., Any]) -> None:
    mu = RNG.normal(size=(37, 3)).astype(np.float16)
    pixels = RNG.integers(0, 256, (2 * 5, 3 * 4), np.uint8)
    found = run(
        "const frame = parts.frames.readFrame(bytes(given.raw).buffer);"
        "return [frame.header, [...frame.mu], frame.logvar,"
        " ...await Promise.all([frame.grid, frame.traversals].map("
        "   async (png) => [...await parts.frames.cellsOf(png, [1, 5, 4])])),"
        " parts.frames.crc32(bytes(given.raw))]",
        raw=(raw := frame_of(mu, pixels)),
    )
    header, codes, logvar, cells, strips, crc = found
    assert (header["number"], header["step"], header["dials"]["beta_now"]) == (7, 96, 2)
    assert (header["kl"], header["traversed"]) == ([1, 0.25], [0, 2])
    np.testing.assert_array_equal(np.array(codes).reshape(37, 3), mu.astype(float))
    assert logvar is None
    expected = pixels.reshape(2, 5, 3, 4).swapaxes(1, 2).reshape(6, 1, 5, 4)
    for each in (cells, strips):
        np.testing.assert_allclose(np.array(each).reshape(6, 1, 5, 4), expected / 255, atol=1e-7)
    assert crc == zlib.crc32(raw)


def test_factors_are_read_as_the_core_wrote_them(run: Callable[..., Any]) -> None:
    index, values = [5, 0, 3], [["square", "heart"], [0.5, 0.75, 1.0]]
    columns = [[0, 1, 0], [2, 0, 1]]
    factors = [
        {"name": name, "values": each, "of": column}
        for name, each, column in zip(("shape", "scale"), values, columns, strict=True)
    ]
    seen = run(
        "const data = { classes: ['square', 'heart'], factors: given.factors };"
        "const { index, factors } = given;"
        "const facts = parts.frames.factsIn({ index, factors, label: [0, 1, 0] }, data);"
        "const none = parts.frames.factsIn({ index, label: null }, data);"
        "return [[...facts.label], [...facts.factors], facts.count, none.label ?? 0, none.factors ?? 0]",
        index=index,
        factors=factors,
    )
    assert seen == [[0, 1, 0], np.transpose(columns).ravel().tolist(), 3, 0, 0]


def test_a_damaged_frame_is_refused_wherever_it_is_damaged(run: Callable[..., Any]) -> None:
    raw = frame_of(RNG.normal(size=(20, 2)).astype(np.float16), np.zeros((8, 8), np.uint8))
    places = [0, 3, 4, 9, 13, 20, len(raw) // 2, len(raw) - 1]
    found = run(
        "const refused = (raw) => {"
        " try { parts.frames.readFrame(raw); return ''; } catch ({ message }) { return message; } };"
        "const turned = (place) => {"
        " const raw = bytes(given.raw); raw[place] ^= 1; return refused(raw.buffer); };"
        "const torn = bytes(given.raw).slice(0, -1).buffer;"
        "return [refused(bytes(given.raw).buffer), ...given.places.map(turned), refused(torn),"
        " refused(new ArrayBuffer(0))]",
        raw=raw,
        places=places,
    )
    assert found[0] == ""
    assert all("damaged" in each for each in found[1:])


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_plane_is_the_principal_one_turned_to_the_last(run: Callable[..., Any], mirrored: bool) -> None:
    mu = (
        RNG.normal(size=(300, 5)) * [3, 2, 0.4, 0.2, 0.1] @ np.linalg.qr(RNG.normal(size=(5, 5)))[0]
    ).astype(np.float32)
    mu += np.float32(0.5)
    principal = np.linalg.svd(mu - mu.mean(0), full_matrices=False)[2][:2]
    angle = 0.7
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    before = (turn @ principal * ([[1], [-1]] if mirrored else 1)).astype(np.float32)
    cold, warm = run(
        "const told = ({ directions, positions, origin }) => [[...directions], [...positions], origin];"
        "const mu = floats(given.mu);"
        "return [told(parts.plane.planeOf(mu, 5)), told(parts.plane.planeOf(mu, 5, floats(given.before)))]",
        mu=mu.tobytes(),
        before=before.tobytes(),
    )
    for directions, positions, origin in (cold, warm):
        found = np.array(directions).reshape(2, 5)
        np.testing.assert_allclose(found @ found.T, np.eye(2), atol=1e-4)
        np.testing.assert_allclose(found.T @ found, principal.T @ principal, atol=2e-3)  # the same plane
        np.testing.assert_allclose(np.array(positions).reshape(-1, 2), (mu - mu.mean(0)) @ found.T, atol=1e-3)
        np.testing.assert_allclose(origin, -mu.mean(0) @ found.T, atol=1e-3)
    rotation, _ = orthogonal_procrustes(principal.T, before.T)
    np.testing.assert_allclose(np.array(warm[0]).reshape(2, 5), (principal.T @ rotation).T, atol=5e-3)
