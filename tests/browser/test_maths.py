"""The canvas's mathematics in the browser, against NumPy, SciPy, safetensors and :mod:`aecore.latent`."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from numpy.typing import NDArray
from playwright.sync_api import Browser
from scipy import stats
from sklearn.neighbors import NearestNeighbors

from aecore import scenes
from aecore.bundles import Bundle
from aecore.latent import interpolate
from app import routes
from app.scene import scene_url
from tests.browser import live
from tests.browser.conftest import OpenPage

Parts = Callable[..., Any]
RNG = np.random.default_rng(0)
BYTES = "const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));"
FLOATS = "const floats = (text) => new Float32Array(bytes(text).buffer);"


@pytest.fixture(scope="module")
def parts(browser: Browser, app_url: str) -> Iterator[Parts]:
    """Runs JavaScript on what ``canvas.js`` exports as ``parts``; arrays arrive as texts for ``floats``."""
    page = browser.new_page()
    page.goto(app_url + live.HEALTH)

    def run(body: str, **given: Any) -> Any:
        packed = {
            key: pack(value) if isinstance(value, np.ndarray) else value for key, value in given.items()
        }
        code = (
            f"async (given) => {{ {BYTES} {FLOATS}"
            f"const {{ parts }} = await import('/{routes.canvas_url()}'); {body} }}"
        )
        return page.evaluate(code, packed)

    yield run
    page.close()


def pack(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def test_every_half_float_is_read_exactly(parts: Parts) -> None:
    patterns = np.arange(65536, dtype=np.uint16)
    found = parts(
        "return [...parts.safetensors.fromHalf(new Uint16Array(bytes(given.half).buffer))].map(String)",
        half=patterns,
    )
    expected = patterns.view(np.float16).astype(np.float32)
    np.testing.assert_array_equal(np.array(found, np.float32), expected)
    negative = parts("return Object.is(parts.safetensors.fromHalf(Uint16Array.of(0x8000))[0], -0)")
    assert negative


def test_tensors_are_those_that_safetensors_wrote(parts: Parts) -> None:
    arrays: dict[str, NDArray[Any]] = {
        "a": RNG.normal(size=(3, 5)).astype(np.float32),
        "h": RNG.normal(size=(7,)).astype(np.float16),
        "i": RNG.integers(-9, 9, (2, 2, 2)).astype(np.int32),
    }
    found = parts(
        "const all = parts.safetensors.readTensors(bytes(given.file).buffer);"
        "return [...all].map(([name, { shape, data }]) => [name, shape, [...data]])",
        file=np.frombuffer(safetensors.numpy.save(arrays), np.uint8),
    )
    assert {name for name, _, _ in found} == set(arrays)
    for name, shape, data in found:
        np.testing.assert_array_equal(np.array(data).reshape(shape), arrays[name])


@pytest.mark.parametrize("way", ["linear", "spherical"])
@pytest.mark.parametrize("dim", [1, 2, 16])
def test_paths_are_those_of_aecore(parts: Parts, way: str, dim: int) -> None:
    a, b = RNG.normal(size=(2, dim)).astype(np.float32)
    pairs = [(a, b), (a, -a), (a, 3 * a), (np.zeros_like(a), b), (a, a)]
    for start, end in pairs:
        found = parts(
            f"const [a, b] = [floats(given.a), floats(given.b)];"
            f"return given.at.map((t) => [...parts.maths.{way}(a, b, t)])",
            a=start,
            b=end,
            at=[i / 8 for i in range(9)],
        )
        expected = getattr(interpolate, way)(start.astype(float), end.astype(float), 9)
        np.testing.assert_allclose(found, expected, atol=2e-6 * (1 + np.abs(expected).max()))


@pytest.mark.parametrize("view", ["pca", "z"])
def test_a_place_and_its_code_are_inverses(parts: Parts, many: Bundle, view: str) -> None:
    places = RNG.normal(size=(20, 2))
    found = parts(
        "const scene = await parts.scene.loadScene(given.url);"
        "const view = parts.space.viewOf(scene, given.view, [0, 1]);"
        "return given.places.map((place) => [[...view.code(place)], view.place(view.code(place))])",
        url=f"/{scene_url(many)}",
        view=view,
        places=places.tolist(),
    )
    codes, back = zip(*found, strict=True)
    np.testing.assert_allclose(back, places, atol=1e-5)
    if view == "pca":
        assert many.codes.pca_mean is not None
        assert many.codes.pca_components is not None
        np.testing.assert_allclose(codes, many.codes.pca_mean + places @ many.codes.pca_components, atol=1e-5)


def test_pca_places_each_code_where_the_bundle_has_it(parts: Parts, many: Bundle) -> None:
    found = parts(
        "const scene = await parts.scene.loadScene(given.url);"
        "const view = parts.space.viewOf(scene, 'pca');"
        "return [0, 1, 2, 3].map((row) => view.place(scene.code(row)))",
        url=f"/{scene_url(many)}",
    )
    np.testing.assert_allclose(found, many.codes.maps["pca"][:4], atol=0.01)  # codes come in half precision


def test_the_scene_holds_what_the_bundle_holds(parts: Parts, many: Bundle) -> None:
    found = parts(
        "const scene = await parts.scene.loadScene(given.url);"
        "const { codes } = scene; const { means } = await scene.mixture();"
        "return { mu: [...codes.mu], logvar: [...codes.logvar], error: [...codes.error],"
        " index: [...codes.index],"
        " umap: [...codes.maps.umap], means: [...means] }",
        url=f"/{scene_url(many)}",
    )
    codes = many.codes
    assert codes.logvar is not None
    mixture = safetensors.numpy.load(scenes.mixture(many))
    np.testing.assert_array_equal(found["mu"], codes.mu.astype(np.float16).ravel().astype(np.float32))
    np.testing.assert_array_equal(found["logvar"], codes.logvar.astype(np.float16).ravel().astype(np.float32))
    np.testing.assert_array_equal(np.float32(found["error"]), codes.error)
    np.testing.assert_array_equal(found["index"], codes.index)
    np.testing.assert_array_equal(np.float32(found["umap"]), codes.maps["umap"].ravel())
    np.testing.assert_array_equal(np.float32(found["means"]), mixture["means"].ravel())


def test_the_nearest_are_those_of_scikit_learn(parts: Parts) -> None:
    codes = RNG.normal(size=(500, 6)).astype(np.float32)
    z = RNG.normal(size=6).astype(np.float32)
    found = parts(
        "const [codes, z] = [floats(given.codes), floats(given.z)];"
        "return [parts.maths.nearest(codes, z, 12), [...parts.maths.distances(codes, z)]]",
        codes=codes,
        z=z,
    )
    expected = NearestNeighbors(n_neighbors=12).fit(codes).kneighbors(z[None], return_distance=False)
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_allclose(found[1], ((codes - z) ** 2).sum(axis=1), rtol=1e-5)


def test_quantiles_means_and_deviations_are_numpys(parts: Parts) -> None:
    values = RNG.normal(size=(101, 3)).astype(np.float32)
    shares = [0, 0.01, 0.37, 0.5, 1]
    found = parts(
        "const x = floats(given.values);"
        "return [given.shares.map((q) => parts.maths.quantile(x, q)), [...parts.maths.mean(x, 3)],"
        " [...parts.maths.deviation(x, 3)], [...parts.maths.inverseWeights([1, 4, 0.25])],"
        " [...parts.maths.inverseWeights([1, 0, 2])]]",
        values=values,
        shares=shares,
    )
    np.testing.assert_allclose(found[0], np.quantile(values.astype(float), shares), rtol=1e-6)
    np.testing.assert_allclose(found[1], values.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(found[2], values.std(axis=0), rtol=1e-5)
    np.testing.assert_allclose(found[3], np.array([1, 0.25, 4]) / 5.25, rtol=1e-6)
    np.testing.assert_array_equal(found[4], [0, 1, 0])


def test_seeded_numbers_are_normal_and_repeat(parts: Parts) -> None:
    found = parts("return [7, 7, 8].map((seed) => Array.from({ length: 20000 }, parts.maths.normal(seed)))")
    x, again, other = np.array(found)
    np.testing.assert_array_equal(x, again)
    assert abs(np.corrcoef(x, other)[0, 1]) < 0.03
    assert stats.kstest(x, "norm").pvalue > 0.001
    assert abs(np.corrcoef(x[:-1], x[1:])[0, 1]) < 0.03
    assert stats.kurtosis(x) == pytest.approx(0, abs=0.15)


def test_a_gaussian_draw_is_mean_and_temperature_times_cholesky(parts: Parts) -> None:
    mean, epsilon = RNG.normal(size=(2, 4)).astype(np.float32)
    cholesky = np.tril(RNG.normal(size=(4, 4))).astype(np.float32)
    found = parts(
        "const [mean, cholesky, epsilon] = [given.mean, given.cholesky, given.epsilon].map(floats);"
        "return [...parts.maths.gaussian(mean, cholesky, 0.7, epsilon)]",
        mean=mean,
        cholesky=cholesky,
        epsilon=epsilon,
    )
    np.testing.assert_allclose(found, mean + 0.7 * cholesky @ epsilon, atol=1e-6)


def test_pixels_and_numbers_are_inverses(parts: Parts) -> None:
    x = RNG.integers(0, 256, (3, 4, 5)) / 255
    found = parts(
        "const { image } = parts; const shown = image.pixelsOf(floats(given.x), [3, 4, 5]);"
        "return [[...shown.data], [...image.numbersOf(shown, 3)]]",
        x=x.astype(np.float32),
    )
    rgba = np.array(found[0]).reshape(4, 5, 4)
    np.testing.assert_array_equal(rgba[..., :3], np.rint(255 * x).transpose(1, 2, 0))
    np.testing.assert_allclose(np.array(found[1]).reshape(x.shape), x, atol=1e-6)


def test_rows_in_an_address_are_bits_deflated(open_page: OpenPage, two: Bundle) -> None:
    """The first row is the highest bit of the first byte: written by NumPy and zlib, read by the page."""
    import zlib

    rows = np.array([0, 5, 17, 100, len(two.codes) - 1])
    bits = np.zeros(len(two.codes), np.uint8)
    bits[rows] = 1
    text = base64.urlsafe_b64encode(zlib.compress(np.packbits(bits).tobytes())).decode().rstrip("=")
    page = open_page(f"/?bundle={two.id}&rows={text}")
    members = page.get_by_role("group", name="Members").get_by_role("button")
    members.nth(4).wait_for()
    titles = [str(each.get_attribute("title")) for each in members.all()]
    assert [int(title.split("#")[1]) for title in titles] == two.codes.index[rows].tolist()
