"""What the β lab computes in the browser, against SciPy, NumPy and the same models in Python."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser
from scipy import stats

from aecore.latent import projections
from aecore.scenes.images import originals
from aecore.sweeps import locate
from tests.browser.lab import Lab, lab, lab_site

__all__ = ["lab", "lab_site"]

Run = Callable[..., Any]
RNG = np.random.default_rng(3)
TOOLS = """
  const floats = (text) => new Float32Array(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)).buffer);
  const settled = (family, wanted) => new Promise((done) => {
    const look = () => { const now = family.moment.value; if (now && wanted(now)) { stop(); done(now); } };
    const stop = family.moment.subscribe(look);
    look();
  });
  const told = (moment) => Object.fromEntries(Object.entries(moment).map(([name, value]) =>
    [name, value?.x ? [...value.x] : ArrayBuffer.isView(value) ? [...value] : value]));
"""


@pytest.fixture(scope="module")
def run(browser: Browser, lab_site: str) -> Iterator[Run]:
    """Runs JavaScript on what ``canvas.js`` exports as ``parts``; arrays arrive as texts for ``floats``."""
    page = browser.new_page()
    page.goto(f"{lab_site}lab.json")

    def run(body: str, **given: Any) -> Any:
        packed = {
            key: pack(value) if isinstance(value, np.ndarray) else value for key, value in given.items()
        }
        code = f"const {{ parts }} = await import(new URL('canvas/canvas.js', document.baseURI).href); {body}"
        return page.evaluate(f"async (given) => {{ {TOOLS} {code} }}", packed)

    yield run
    page.close()


def pack(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array, np.float32).tobytes()).decode()


def test_a_beta_lies_where_the_sweep_says(run: Run) -> None:
    betas = [0.0, 0.05, 0.3, 1.0, 4.0, 16.0]
    asked = [0.0, 0.01, 0.05, 0.1, 0.9999, 1.0, 2.5, 15.9, 16.0]
    found = run(
        "return given.asked.map((beta) => parts.sweep.locate(given.betas, beta))", betas=betas, asked=asked
    )
    for beta, spot in zip(asked, found, strict=True):
        k, t = locate(betas, beta)
        assert spot["k"] + spot["t"] == pytest.approx(k + t, abs=1e-12), beta


@pytest.mark.parametrize("zero", [False, True])
def test_the_axis_is_logarithmic_and_has_an_inverse(run: Run, zero: bool) -> None:
    places = np.linspace(0, 1, 41).tolist()
    betas, back = run(
        "const scale = parts.axis.scaleOf([0.05, 16], given.zero);"
        "const betas = given.places.map(scale.at); return [betas, betas.map(scale.of)]",
        places=places,
        zero=zero,
    )
    np.testing.assert_allclose(back, places, atol=1e-12)
    assert (betas[0], betas[-1]) == (0 if zero else 0.05, 16)
    above = np.array([beta for beta in betas if beta > 0.05])
    np.testing.assert_allclose(np.diff(np.log(above)), np.log(above[1] / above[0]), rtol=1e-9)


def test_phi_is_the_normal_distribution(run: Run) -> None:
    x = np.linspace(-6, 6, 241)
    found = run("return given.x.map(parts.statistics.phi)", x=x.tolist())
    np.testing.assert_allclose(found, stats.norm.cdf(x), atol=2e-7)


@pytest.mark.parametrize(("shift", "log_variance"), [(0.0, 0.0), (1.5, 0.0), (0.0, -4.0), (0.5, -2.0)])
def test_the_marginal_and_its_distance_are_those_of_draws(
    run: Run, shift: float, log_variance: float
) -> None:
    mu = (shift + RNG.normal(size=(400, 3)) * np.sqrt(max(0.0, 1 - np.exp(log_variance)))).astype(np.float32)
    logvar = np.full_like(mu, log_variance)
    found = run(
        "const m = parts.statistics.marginalOf(floats(given.mu), floats(given.logvar), 3, 1);"
        "return { distance: m.distance, z: [...m.z], q: [...m.posterior] }",
        mu=mu,
        logvar=logvar,
    )
    draws = (mu[:, 1, None] + np.exp(log_variance / 2) * stats.norm.ppf((np.arange(500) + 0.5) / 500)).ravel()
    prior = stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    assert found["distance"] == pytest.approx(stats.wasserstein_distance(draws, prior), abs=0.02)
    step = found["z"][1] - found["z"][0]
    edges = np.append(np.array(found["z"]) - step / 2, found["z"][-1] + step / 2)
    np.testing.assert_allclose(
        np.array(found["q"]) * step, np.histogram(draws, edges)[0] / len(draws), atol=0.004
    )


def test_mmd_is_about_zero_at_the_prior_and_right_away_from_it(run: Run) -> None:
    at = "return parts.statistics.mmdOf(floats(given.mu), floats(given.logvar), 4)"
    same = RNG.normal(size=(160, 4))
    narrow = np.full((160, 4), -40.0)
    assert abs(run(at, mu=same, logvar=narrow)) < 0.02
    far = same + 2
    kernel = lambda a, b: 8 / (8 + ((a[:, None] - b) ** 2).sum(-1))  # noqa: E731
    prior, other, third = RNG.normal(size=(3, 1500, 4))
    expected = (
        kernel(prior, other).mean()
        + kernel(other + 2, third + 2).mean()
        - 2 * kernel(prior, other + 2).mean()
    )
    assert run(at, mu=far, logvar=narrow) == pytest.approx(expected, abs=0.03)


def test_dead_dimensions_are_those_whose_mean_stands_still(run: Run) -> None:
    mu = RNG.normal(size=(300, 4)) * [1, 0.05, 0.5, 0]
    dead = (
        "const [mu, kl] = [given.mu && floats(given.mu), Float32Array.from(given.kl)];"
        "return parts.statistics.deadOf({ mu, kl }, 4)"
    )
    assert run(dead, mu=mu, kl=[9, 9, 9, 9]) == [1, 3]
    assert run(dead, mu=None, kl=[0.5, 0.2, 0.001, 0]) == [2, 3]


def test_a_pca_map_is_an_affine_map_of_its_codes(run: Run) -> None:
    codes = (RNG.normal(size=(250, 5)) @ RNG.normal(size=(5, 5))).astype(np.float32)
    found = projections.pca(codes)
    map_ = np.array(
        run(
            "return [...parts.statistics.affineOf(floats(given.z), floats(given.p), 5)]",
            z=codes,
            p=found.points,
        )
    ).reshape(2, 6)
    np.testing.assert_allclose(codes @ map_[:, :5].T + map_[:, 5], found.points, atol=2e-3)


@pytest.mark.parametrize(
    ("name", "beta"), [("plane", 0.0), ("plane", 0.02), ("plane", 0.5), ("solid", 1.0), ("solid", 7.0)]
)
def test_a_sweep_shows_what_its_weights_make(run: Run, lab: Lab, name: str, beta: float) -> None:
    """Between two members too: the worker's mean of their weights is ``aecore.sweeps``'s."""
    found = lab.sweeps[name]
    x = originals(found).x
    assert x is not None
    moment = run(
        "const family = await parts.sweep.loadSweep(new URL(given.url, document.baseURI).href);"
        "if (!family.originals.value) await new Promise((done) => family.originals.subscribe(done));"
        "family.turn(given.beta);"
        "const next = await settled(family, () => true);"
        "const random = parts.maths.normal(1);"
        "const noise = Array.from({ length: 24 * family.dim }, random);"
        "const shown = [...family.originals.value.x]; family.dispose();"
        "return { ...told(next), noise, shown }",
        url=f"sweeps/{found.id}/",
        beta=beta,
    )
    dim = found.card.dim
    shown = np.array(moment["shown"], np.float32).reshape(8, *x.shape[1:])
    np.testing.assert_array_equal(
        np.unique(found.codes.arrays()["label"][[_row(x, each) for each in shown]]), np.arange(8)
    )
    codes = found.encode(shown, beta)["mu"]
    close(moment["reconstructions"], found.decode(codes, beta))
    close(moment["samples"], found.decode(np.array(moment["noise"], np.float32).reshape(-1, dim), beta))
    k, t = locate(found.card.betas, beta)
    for ours, theirs in (
        ("mu", found.codes.mu),
        ("positions", found.codes.map("plane" if dim == 2 else "pca")),
    ):
        mixed = (1 - t) * theirs[k].astype(np.float32) + t * theirs[k + 1].astype(np.float32)
        np.testing.assert_allclose(np.array(moment[ours]).reshape(mixed.shape), mixed, rtol=1e-4, atol=1e-5)
    assert moment["label"].startswith("trained" if t in (0, 1) else "between")
    strips = np.array(moment["traversals"]).reshape(len(moment["traversed"]), 9, -1)
    spread = np.array(moment["mu"]).reshape(-1, dim).std(0)
    for strip, d in zip(strips, moment["traversed"], strict=True):
        z = np.repeat(codes[:1], 9, axis=0)
        centre = np.array(moment["mu"]).reshape(-1, dim)[:, d].mean() if spread[d] > 1 else 0
        z[:, d] = centre + 3 * max(1, spread[d]) * np.linspace(-1, 1, 9)
        close(strip, found.decode(z, beta), 5e-4)
    if t in (0, 1):
        member = found.card.members[k + int(t)]
        assert (moment["rate"], moment["distortion"]) == pytest.approx((member.rate, member.distortion))
        assert moment["active"] == member.metrics["active_units"]


@pytest.mark.parametrize(("name", "beta"), [("rated-plane", 0.3), ("rated-solid", 3.3)])
def test_a_model_for_every_beta_is_exact_at_rest(run: Run, lab: Lab, name: str, beta: float) -> None:
    found = lab.rated[name]
    x = originals(found).x
    assert x is not None
    moment = run(
        "const family = await parts.multirate.loadMultiRate(new URL(given.url, document.baseURI).href);"
        "family.turn(given.beta, 1);"
        "const moving = told(await settled(family, () => true));"
        "const rest = told(await settled(family, (m) => m.label.includes('encoded')));"
        "const random = parts.maths.normal(1);"
        "const noise = Array.from({ length: 24 * family.dim }, random); family.dispose();"
        "return { ...rest, noise, moving }",
        url=f"bundles/{found.id}/",
        beta=beta,
    )
    dim = found.card.latent.dim
    exact = found.encode(x, found.priced(beta, len(x)))
    close(moment["mu"], exact["mu"])
    close(moment["logvar"], exact["logvar"])
    noise = np.array(moment["noise"], np.float32).reshape(-1, dim)
    close(moment["samples"], found.decode(noise, found.priced(beta, len(noise))))
    assert "between knots" in moment["moving"]["label"]
    codes, knots = found.codes, found.codes.knots
    assert codes.mu_knots is not None
    assert knots is not None
    k = int(np.searchsorted(knots, np.log(beta))) - 1
    t = (np.log(beta) - knots[k]) / (knots[k + 1] - knots[k])
    mixed = (1 - t) * codes.mu_knots[k] + t * codes.mu_knots[k + 1]
    np.testing.assert_allclose(
        np.array(moment["moving"]["mu"]).reshape(mixed.shape), mixed, rtol=1e-3, atol=2e-3
    )
    between = [
        (low, high)
        for low, high in zip(found.card.rate_distortion, found.card.rate_distortion[1:], strict=False)
        if low.beta <= beta <= high.beta
    ]
    assert (
        min(between[0][0].rate, between[0][1].rate)
        <= moment["rate"]
        <= max(between[0][0].rate, between[0][1].rate)
    )


def close(found: Any, expected: NDArray[Any], tolerance: float = 1e-4) -> None:
    """Single precision on both sides, multiplied in another order."""
    np.testing.assert_allclose(np.array(found, np.float32).reshape(expected.shape), expected, atol=tolerance)


def _row(x: NDArray[Any], one: NDArray[Any]) -> int:
    return int(np.flatnonzero((x == one).reshape(len(x), -1).all(1))[0])
