r"""Sprites to the specification of dSprites, drawn when they are asked for.

Every picture shows one white figure on black. Five factors say which, an index in
[0, 737,280) counts through them with the last one fastest, as in dSprites
(https://github.com/google-deepmind/dsprites-dataset):

=============  ==  ==================================================================
shape           3  square, ellipse, heart
scale           6  linspace(0.5, 1, 6)
orientation    40  linspace(0, 2π, 40), radians, anticlockwise; both ends are there
position x     32  linspace(0, 1, 32), from left to right
position y     32  linspace(0, 1, 32), from top to bottom
=============  ==  ==================================================================

A figure's centre moves by one pixel of the 64×64 frame per step, from 16.5 to 47.5, and
no point of it is ever more than 15 pixels away from it: it stays within the frame. The
pixels are not those of the dSprites file, whose renderer is not described.

**Symmetric orientations.** A square looks the same after π/2 and an ellipse after π, so
from a picture of them an orientation can only be told modulo ``PERIODS``. The factor still
counts all 40, as in dSprites. As 40 values share 39 steps, those symmetries never map one
value exactly onto another, with one exception: 0 and 2π are the same picture, for every
shape. ``render`` draws both; the splits of ``shapes`` leave the second one out, so that no test example
is a copy of a training example for that reason. (In black and white a few orientations of
the small figures also fall on the same pixels: of the 702 figures at 64×64, 664 differ,
and 14 of the 5,000 test pictures are in the training split too; anti-aliased, none.)
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHAPES = ("square", "ellipse", "heart")
PERIODS = (math.pi / 2, math.pi, 2 * math.pi)  # radians after which a shape looks the same
SCALES = np.linspace(0.5, 1, 6)
ORIENTATIONS = np.linspace(0, 2 * math.pi, 40)
POSITIONS = np.linspace(0, 1, 32)
HUES = np.arange(6) / 6

SIZES = (3, 6, 40, 32, 32)
COLOUR_SIZES = (len(HUES), *SIZES)
COUNT = math.prod(SIZES)  # 737,280

FRAME = 64  # pixels
FIRST_CENTRE = 16.5  # pixels from the edge, at position 0
RADIUS = 15.0  # pixels from the centre to the farthest point, at scale 1
FLATTENING = 0.6  # short over long axis of the ellipse
SUBPIXELS = (np.arange(4) - 1.5) / 4  # where a pixel is probed for its coverage, in pixels


def factors_of(index: NDArray[np.int64], sizes: tuple[int, ...] = SIZES) -> NDArray[np.int64]:
    """Factor indices, shape (N, F), of the pictures at ``index``, shape (N,).

    Raises:
        ValueError: If an index is out of range.
    """
    return np.stack(np.unravel_index(index, sizes), axis=-1).astype(np.int64)


def index_of(factors: NDArray[np.int64], sizes: tuple[int, ...] = SIZES) -> NDArray[np.int64]:
    """The inverse of :func:`factors_of`: shape (N, F) to shape (N,).

    Raises:
        ValueError: If a factor is out of range.
    """
    index: NDArray[np.int64] = np.ravel_multi_index(tuple(factors.T), sizes).astype(np.int64)
    return index


def render(index: NDArray[np.int64], *, side: int = FRAME, antialias: bool = False) -> NDArray[np.float32]:
    """The pictures at ``index``.

    A figure is drawn once for each shape, scale, orientation and place between pixels that
    occurs, at most 720 times at 64×64, and copied to where it belongs.

    Args:
        index: Which of the 737,280, shape (N,), in any order.
        side: Width and height in pixels, 32 or 64.
        antialias: The share of each pixel that is covered, in sixteenths, in place of
            whether its centre is.

    Returns:
        Pixels in [0, 1], shape (N, 1, side, side).

    Raises:
        ValueError: If an index or ``side`` is out of range.
    """
    if side not in (FRAME // 2, FRAME):
        raise ValueError(f"side is {FRAME // 2} or {FRAME} pixels, not {side}")
    step = FRAME // side  # positions a pixel
    shape, scale, orientation, x, y = factors_of(index).T
    sizes = (3, 6, 40, step, step)
    keys, figure = np.unique(
        np.ravel_multi_index((shape, scale, orientation, x % step, y % step), sizes), return_inverse=True
    )
    figures = _figures(np.stack(np.unravel_index(keys, sizes), axis=-1), side, antialias)

    reach = np.arange(figures.shape[-1]) - figures.shape[-1] // 2
    first = int(FIRST_CENTRE // step)
    columns = (first + x // step)[:, None] + reach
    rows = (first + y // step)[:, None] + reach
    picture = np.zeros((len(shape), 1, side, side), np.float32)
    picture[np.arange(len(shape))[:, None, None], 0, rows[:, :, None], columns[:, None, :]] = figures[figure]
    return picture


def render_colour(
    index: NDArray[np.int64], *, side: int = 32, antialias: bool = False
) -> NDArray[np.float32]:
    """Pictures in colour, shape (N, 3, side, side): hue is the first of their factors.

    Args:
        index: Which of the 4,423,680, shape (N,).
        side: As in :func:`render`.
        antialias: As in :func:`render`.
    """
    hue, *_ = np.unravel_index(index, COLOUR_SIZES)
    picture: NDArray[np.float32] = _rgb(HUES[hue])[:, :, None, None] * render(
        index % COUNT, side=side, antialias=antialias
    )
    return picture


def _rgb(hue: NDArray[np.float64]) -> NDArray[np.float32]:
    """Pure colours, shape (N, 3), of hues in turns, shape (N,)."""
    distance = np.abs((hue[:, None] - np.array([0, 1, 2]) / 3 + 0.5) % 1 - 0.5)  # from the primary, in turns
    rgb: NDArray[np.float32] = np.clip(2 - 6 * distance, 0, 1).round(6).astype(np.float32)
    return rgb


def _figures(factors: NDArray[np.int64], side: int, antialias: bool) -> NDArray[np.float32]:
    """Each figure on a patch just large enough, shape (T, P, P).

    Args:
        factors: Shape, scale, orientation and place between pixels, shape (T, 5).
        side: Of the whole frame, in pixels.
        antialias: As in :func:`render`.
    """
    step = FRAME // side
    shape, scale, orientation = factors[:, 0], factors[:, 1], factors[:, 2]
    # The period takes 2π to exactly 0, so that the two ends are one picture, to the bit.
    angle = (ORIENTATIONS[orientation] % np.array(PERIODS)[shape])[:, None, None]
    cos, sin, unit = np.cos(angle), np.sin(angle), (RADIUS * SCALES[scale] / step)[:, None, None]
    off_x, off_y = ((FIRST_CENTRE + factors[:, 3:]) / step % 1 - 0.5).T  # of the centre, from its pixel's
    half = math.ceil(RADIUS / step)
    pixels = np.arange(-half, half + 1)

    probes = SUBPIXELS if antialias else np.zeros(1)
    covered = np.zeros((len(factors), len(pixels), len(pixels)), np.float32)
    for down in probes:
        for right in probes:
            x = (pixels + right - off_x[:, None])[:, None, :] / unit
            y = -(pixels + down - off_y[:, None])[:, :, None] / unit  # upwards, rows go downwards
            covered += _inside(shape, cos * x + sin * y, cos * y - sin * x)
    return covered / np.float32(len(probes) ** 2)


def _inside(shape: NDArray[np.int64], u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether (u, v), in units of the shape's radius, lies inside it; shapes (T,), (T, P, P)."""
    inside = np.empty(u.shape, np.bool_)
    for kind, test in enumerate((_in_square, _in_ellipse, _in_heart)):
        of = shape == kind
        inside[of] = test(u[of], v[of])
    return inside


def _in_square(u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.maximum(np.abs(u), np.abs(v)) <= math.sqrt(0.5)


def _in_ellipse(u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.bool_]:
    return u * u + (v / FLATTENING) ** 2 <= 1


def _in_heart(u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(x² + y² − 1)³ ≤ x²y³, whose smallest circle has its centre at (0, ¼) and the radius 5/4."""
    x, y = 1.25 * u, 1.25 * v + 0.25
    return (x * x + y * y - 1) ** 3 <= x * x * y**3
