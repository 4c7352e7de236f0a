"""Looking at a model while it trains: a fixed part of the test split, and fixed noise."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.bottlenecks import Variational
from aecore.bundles import DataCard
from aecore.data import Dataset, DataSpec, Split
from aecore.data.splits import stratified
from aecore.jobs.manifest import Manifest
from aecore.jobs.recorder import Parts
from aecore.latent.grids import of_dimensions
from aecore.metrics.probabilistic import active_units
from aecore.model import Autoencoder
from aecore.scenes import Originals, basis
from aecore.scenes.atlas import Atlas, grid, png
from aecore.scenes.coded import examples
from aecore.step import Step
from aecore.training import Randomness

MOST_CODES = 2000
MEASURED = 250  # probe examples whose distortion is taken
SHOWN = 8
SEED = 0
WIDEST = 2.5  # of the plane through N(0, I): 98.8 % of each coordinate
PICTURE = 320  # pixels along the grid's side, about; the strips have no more of them
STRIPS = 10  # dimensions that are traversed, at most
STEPS = 7  # images of a strip
REACH = 3.0  # σ that a strip goes to either side
LEGEND = ("vocabulary", "columns", "centre", "scale")


@dataclass(frozen=True)
class Look:
    """What a model is now; see :class:`aecore.jobs.recording.Header`."""

    parts: Parts
    rate: float | None
    distortion: float | None
    negative_elbo: float | None
    kl: tuple[float, ...]
    active_units: int
    bounds: tuple[float, ...]
    traversed: tuple[int, ...]


class Probe:
    """The examples and the noise by which one training is watched.

    Args:
        data: Its test split is looked at.
        model: Read for its device and the size of its code.
        config: The whole configuration, for the variant's name and what it may be compared with.
        dials: What can be turned.
    """

    def __init__(
        self, data: Dataset, model: Autoencoder, config: Mapping[str, Any], dials: tuple[str, ...] = ()
    ) -> None:
        self.device = next((str(p.device) for p in model.parameters()), "cpu")
        spec, test, card = data.spec, data.test, DataCard.of(data)
        label = np.zeros(len(test), np.int64) if test.label is None else test.label.numpy()
        index = stratified(label, min(MOST_CODES, len(test)), seed=0)
        shown = stratified(label[index], min(SHOWN, len(index)), seed=0)
        self.examples = test.take(torch.from_numpy(index)).to(self.device)
        self.shown = self.examples.take(torch.from_numpy(shown).to(self.device))
        few = torch.linspace(0, len(index) - 1, min(MEASURED, len(index))).long().to(self.device)
        self.measured = self.examples.take(few)
        self.images = spec.kind == "image" and spec.shape[0] in (1, 3)
        self.values = spec.values
        fitting = int(PICTURE**2 / (STEPS * math.prod(spec.shape[1:]))) if self.images else 0
        chosen = model.latent_spec()["kind"] == "codebook"  # no place between two codes is a choice
        self.strips = 0 if chosen or not self.images else min(STRIPS, model.latent_dim, max(1, fitting))
        side = max(2, min(20, round(PICTURE / max(spec.shape[1:])))) if self.images else 4
        self.manifest = Manifest(
            data=spec.name,
            variant=config["variant"],
            kind=spec.kind,
            shape=spec.shape,
            latent_dim=model.latent_dim,
            index=tuple(index.tolist()),
            label=None if test.label is None else tuple(label[index].tolist()),
            classes=spec.classes,
            factors=_factors(spec, self.examples),
            shown=tuple(shown.tolist()),
            columns=side,
            manifold=self.images and model.latent_dim == 2,
            dials=dials,
            fitted=model.bottleneck.prior_spec()["kind"] == "fitted-gaussian",
            basis=basis(examples(card, "test", card.fingerprint), config, card),
            legend={} if self.images else {name: list(getattr(spec, name)) for name in LEGEND},
        )

    @property
    def originals(self) -> bytes:
        """The examples that are reconstructed: images as a strip in PNG, others in safetensors."""
        return self._strip(self.shown.x) if self.images else Originals(self.shown.x.cpu().numpy()).numbers()

    @torch.no_grad()
    def look(self, model: Autoencoder) -> Look:
        """The model as it is now, in evaluation mode; leaves no trace in it."""
        with Randomness(SEED, self.device)():
            mu, logvar, kl = self._codes(model)
            parts: dict[str, bytes | NDArray[np.float16]] = {"mu": _half(mu)}
            if logvar is not None:
                parts["logvar"] = _half(logvar)
            told = self._told(model, self.shown)
            codes = model.encode(self.shown.x, told)
            again = model.decode(codes, told)
            bounds: tuple[float, ...] = ()
            dims: tuple[int, ...] = ()
            if self.images:
                cells, bounds = self._cells(model, mu)
                parts["grid.png"] = png(grid(self._pixels(cells), self.manifest.columns))
                parts["reconstructions.png"] = self._strip(again)
                if self.strips:
                    z, dims = self._traversals(codes[0], mu, kl)
                    told = None if told is None else told[:1].expand(len(z), -1)
                    parts["traversals.png"] = png(grid(self._pixels(model.decode(z, told)), STEPS))
            else:
                z = self._draw(model, mu, SHOWN)
                parts["samples"] = _half(model.decode(z, self._first(model, SHOWN)))
                parts["reconstructions"] = _half(again)
            distortion, constants = self._distortion(model)
        rate = sum(kl) if kl else None
        proper = rate is not None and model.likelihood.proper and distortion is not None
        return Look(
            parts=parts,
            rate=_number(rate),
            distortion=_number(distortion),
            negative_elbo=_number(distortion + constants + rate) if proper else None,  # type: ignore[operator]
            kl=tuple(kl) if self._by_dimension(kl) and all(map(math.isfinite, kl)) else (),
            active_units=active_units(mu),
            bounds=bounds,
            traversed=dims,
        )

    def _codes(self, model: Autoencoder) -> tuple[Tensor, Tensor | None, list[float]]:
        """Means, log-variances where there are any, and the mean KL of each dimension, or of all in one."""
        mus, logvars, kls = [], [], []
        for batch in self.examples.batches(1000):
            posterior = model.posterior(batch.x, self._told(model, batch))
            mus.append(posterior.mean)
            if "logvar" in (tensors := posterior.tensors()):
                logvars.append(tensors["logvar"])
            if isinstance(posterior, Variational):
                kls.append(posterior.kl().sum(0))
        kl = [float(each) / len(self.examples) for each in torch.stack(kls).sum(0)] if kls else []
        return torch.cat(mus), torch.cat(logvars) if logvars else None, kl

    def _by_dimension(self, kl: list[float]) -> bool:
        """Whether that is a KL for each dimension: a flow's or a learned prior's has no such parts."""
        return len(kl) == self.manifest.latent_dim

    def _distortion(self, model: Autoencoder) -> tuple[float, float]:
        """Mean distortion of some probe examples, z drawn from q(z|x), and the constants beside it."""
        x, told = self.measured.x, self._told(model, self.measured)
        raw = model.decode_raw(model.posterior(x, told).sample(), told, x)
        constants = float(model.likelihood.constants(x).mean()) if model.likelihood.proper else 0.0
        return float(model.likelihood.distortion(raw, x).mean()), constants

    def _cells(self, model: Autoencoder, mu: Tensor) -> tuple[Tensor, tuple[float, ...]]:
        """Images of the grid, shape (side², C, H, W), and the plane's bounds."""
        side = self.manifest.columns
        told = self._first(model, side * side)
        if not self.manifest.manifold:
            return model.decode(self._draw(model, mu, side * side), told), ()
        if model.probabilistic:
            bounds = (-WIDEST, WIDEST, -WIDEST, WIDEST)
        else:
            low, high = np.nanpercentile(mu.double().cpu().numpy(), (1, 99), axis=0)
            bounds = (float(low[0]), float(high[0]), float(low[1]), float(high[1]))
        x, y = np.linspace(*bounds[:2], side), np.linspace(*bounds[2:], side)
        z = torch.from_numpy(of_dimensions(np.zeros(2), (0, 1), x, y).z.reshape(-1, 2)).to(self.device)
        return model.decode(z, told), bounds

    def _draw(self, model: Autoencoder, mu: Tensor, n: int) -> Tensor:
        """Codes from the prior; without one, from the Gaussian that its samples will be drawn from."""
        if not self.manifest.fitted or not mu.isfinite().all():
            return model.draw(n)
        bottleneck = copy.deepcopy(model.bottleneck)
        bottleneck.fit_prior(mu)
        return bottleneck.draw(n)

    def _traversals(self, z: Tensor, mu: Tensor, kl: list[float]) -> tuple[Tensor, tuple[int, ...]]:
        """Codes along the dimensions that carry most, shape (len(dims) · STEPS, D), and which those are.

        From one code, each from −3 σ to 3 σ: of the prior, or of the codes where they reach farther.
        """
        mean, sigma = mu.mean(0), mu.std(0, correction=0)
        carried = torch.tensor(kl) if self._by_dimension(kl) else sigma.cpu()
        dims = sorted(carried.argsort(descending=True, stable=True)[: self.strips].tolist())
        wide = sigma > 1
        reach = REACH * torch.linspace(-1, 1, STEPS, device=z.device)
        codes = z.repeat(len(dims), STEPS, 1)
        for row, d in zip(codes, dims, strict=True):
            row[:, d] = mean[d] + sigma[d] * reach if wide[d] else reach
        return codes.flatten(0, 1), tuple(dims)

    def _told(self, model: Autoencoder, batch: Split) -> Tensor | None:
        return model.told(Step(batch.x, batch.x, label=batch.label))

    def _first(self, model: Autoencoder, count: int) -> Tensor | None:
        """What a decoder is told where no example says it: the first probe example's, for all."""
        one = self._told(model, self.examples.take(torch.zeros(1, dtype=torch.long, device=self.device)))
        return None if one is None else one.expand(count, -1)

    def _pixels(self, x: Tensor) -> NDArray[np.uint8]:
        return Atlas.of(np.nan_to_num(x.float().cpu().numpy()), self.values).pixels

    def _strip(self, x: Tensor) -> bytes:
        return png(grid(self._pixels(x), len(x)))


def _factors(spec: DataSpec, examples: Split) -> tuple[Mapping[str, Any], ...]:
    """What was varied to make the data, and which of its values each example has."""
    if examples.factors is None:
        return ()
    columns = examples.factors.T.tolist()
    return tuple(
        {"name": factor.name, "values": list(factor.values), "of": column}
        for factor, column in zip(spec.factors, columns, strict=True)
    )


def _half(x: Tensor) -> NDArray[np.float16]:
    """As float16; what is too large is the largest there is."""
    half = np.finfo(np.float16)
    return x.float().cpu().numpy().clip(half.min, half.max).astype(np.float16)


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
