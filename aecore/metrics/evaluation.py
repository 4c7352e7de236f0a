"""All metrics of one model on one data set's test split, for its card."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol

import torch
from torch import Tensor

from aecore.bottlenecks import Posterior
from aecore.data import Dataset, Split
from aecore.errors import UserError
from aecore.likelihoods import Likelihood
from aecore.metrics.baseline import fit_pca
from aecore.metrics.codes import knn_accuracy, probe_accuracy
from aecore.metrics.probabilistic import active_units, importance_estimate, variational
from aecore.metrics.reconstruction import compare, summarise
from aecore.metrics.table import PROBE_EXAMPLES
from aecore.step import Step

Values = dict[str, float | list[float]]

_BATCH = 1000
_BATCH_NUMBERS = 4_000_000  # of large images fewer go into a batch


class Evaluable(Protocol):
    """What an evaluation asks of a model, beside being a torch module."""

    training: bool

    @property
    def likelihood(self) -> Likelihood: ...
    @property
    def latent_dim(self) -> int: ...
    @property
    def probabilistic(self) -> bool: ...
    @property
    def corruption(self) -> Callable[[Tensor], Tensor] | None: ...

    def told(self, step: Step) -> Tensor | None: ...
    def posterior(self, x: Tensor, condition: Tensor | None = None) -> Posterior: ...
    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor: ...
    def decode_raw(
        self, z: Tensor, condition: Tensor | None = None, given: Tensor | None = None
    ) -> Tensor: ...
    def diagnostics(self, test: Split) -> Mapping[str, float | list[float]]: ...
    def to(self, device: torch.device) -> Any: ...
    def train(self, mode: bool = True) -> Any: ...


def evaluate(
    model: Evaluable,
    dataset: Dataset,
    *,
    device: str | torch.device = "cpu",
    nll_samples: int = 200,
    nll_images: int = 500,
    seed: int = 0,
) -> Values:
    """Every metric that applies to the model, by the names in :data:`aecore.metrics.METRICS`.

    In evaluation mode, without gradients, in batches. Torch's random numbers are forked: the
    result depends on model, data, device and seed alone, and the caller's generator is where it was.

    Args:
        model: A trained model; it is moved to ``device`` and stays there.
        dataset: Its test split is what is measured; PCA, k-NN and the probe are fitted to its
            training split.
        device: Where to compute.
        nll_samples: Importance samples per example.
        nll_images: Test examples for NLL, all where there are fewer.
        seed: Fixes samples and subsets.

    Returns:
        Numbers by name, and lists for what is per dimension. What does not apply is absent:
        rate and its kin for a model without a posterior, −ELBO and NLL where the likelihood
        is none, accuracies without labels, ``denoised_*`` without a corruption, PSNR and SSIM
        for data that are not in [0, 1].

    Raises:
        UserError: If a split that is needed is empty, or fewer than one sample or image is asked for.
    """
    if len(dataset.train) == 0 or len(dataset.test) == 0:
        raise UserError(f"An evaluation needs training and test examples; {dataset.spec.name} lacks them.")
    if nll_samples < 1 or nll_images < 1:
        raise UserError(f"NLL needs at least 1 sample and 1 image; got {nll_samples} and {nll_images}.")
    device = torch.device(device)
    test, size = dataset.test, dataset.spec.size
    with _evaluating(model, device, seed):
        if dataset.dynamic:  # the test split was drawn once; what is fitted must see the same kind of pixels
            dataset = replace(dataset, train=replace(dataset.train, x=torch.bernoulli(dataset.train.x)))
        values = _reconstruction(model, dataset, device)
        values["compression_ratio"] = size / model.latent_dim
        mean = _codes(model, test, device)
        values |= _terms(model, test, device)
        values |= model.diagnostics(test.to(device))
        if model.probabilistic:
            values["active_units"] = active_units(mean)
        if model.probabilistic and model.likelihood.proper:
            images = test.take(_subset(len(test), nll_images, seed))
            values |= _importance(model, images, nll_samples, size, device)
        values |= _accuracies(model, dataset, mean, seed, device)
    return values


def _reconstruction(model: Evaluable, dataset: Dataset, device: torch.device) -> Values:
    """Every comparison with the clean test examples, PCA's beside each of the model's."""
    pca = fit_pca(dataset.train.x.to(device), model.latent_dim)
    compared: dict[str, list[dict[str, Tensor]]] = defaultdict(list)
    for batch, condition in _batches(model, dataset.test, device):
        x = batch.x
        outputs = {
            "": model.decode(model.posterior(x, condition).mean, condition),
            "pca_": pca.reconstruct(x),
        }
        if model.corruption is not None:
            corrupted = model.corruption(x)
            outputs["denoised_"] = model.decode(model.posterior(corrupted, condition).mean, condition)
            outputs["pca_denoised_"] = pca.reconstruct(corrupted)
            outputs["corrupted_"] = corrupted
        for prefix, output in outputs.items():
            compared[prefix].append(compare(output, x, bounded=dataset.spec.values != "real"))
    values: Values = {}
    for prefix, batches in compared.items():
        values |= summarise(batches, prefix)
    return values


def _terms(model: Evaluable, test: Split, device: torch.device) -> Values:
    """Distortion, and where they exist the rate and −ELBO, at one sample of q(z|x)."""
    distortion, kl, nll = [], [], []
    for batch, condition in _batches(model, test, device):
        q = model.posterior(batch.x, condition)
        raw = model.decode_raw(q.sample(), condition, batch.x)
        distortion.append(model.likelihood.distortion(raw, batch.x))
        if model.probabilistic:
            kl.append(variational(q).kl())
            nll.append(model.likelihood.nll(raw, batch.x))
    values: Values = {"distortion": torch.cat(distortion).double().mean().item()}
    if model.probabilistic:
        per_dimension = torch.cat(kl).double().mean(0)
        rate = per_dimension.sum().item()
        values["rate"] = rate
        if len(per_dimension) == model.latent_dim:
            values["kl_per_dimension"] = per_dimension.tolist()
        if model.likelihood.proper:
            values["negative_elbo"] = torch.cat(nll).double().mean().item() + rate
    return values


def _importance(model: Evaluable, images: Split, samples: int, size: int, device: torch.device) -> Values:
    """NLL of some examples, with its distance from −ELBO on the same samples."""
    estimates = [
        importance_estimate(model, batch.x, samples, condition)
        for batch, condition in _batches(model, images, device)
    ]
    nll = torch.cat([estimate.nll for estimate in estimates]).mean().item()
    negative_elbo = torch.cat([estimate.negative_elbo for estimate in estimates]).mean().item()
    return {
        "nll": nll,
        "elbo_gap": negative_elbo - nll,
        "bits_per_dim": nll / (size * math.log(2)),
        "nll_samples": samples,
        "nll_images": len(images),
    }


def _accuracies(
    model: Evaluable, dataset: Dataset, test_codes: Tensor, seed: int, device: torch.device
) -> Values:
    """What codes know of the labels, where there are labels."""
    if dataset.train.label is None or dataset.test.label is None:
        return {}
    chosen = _subset(len(dataset.train), PROBE_EXAMPLES, seed)
    scored = _subset(len(dataset.test), PROBE_EXAMPLES, seed)
    train_codes = _codes(model, dataset.train.take(chosen), device)
    fit_and_score = (
        train_codes.cpu().numpy(),
        dataset.train.label[chosen].numpy(),
        test_codes.cpu()[scored].numpy(),
        dataset.test.label[scored].numpy(),
    )
    return {"knn5_accuracy": knn_accuracy(*fit_and_score), "probe_accuracy": probe_accuracy(*fit_and_score)}


def _codes(model: Evaluable, split: Split, device: torch.device) -> Tensor:
    """Means of q(z|x), shape (N, D), on ``device``."""
    pairs = _batches(model, split, device)
    return torch.cat([model.posterior(batch.x, condition).mean for batch, condition in pairs])


def _batches(model: Evaluable, split: Split, device: torch.device) -> Iterator[tuple[Split, Tensor | None]]:
    """A split in order, a batch at a time, on ``device``, with what the model is told of each."""
    size = max(1, min(_BATCH, _BATCH_NUMBERS // split.x[0].numel()))
    for batch in split.batches(size):
        here = batch.to(device)
        yield here, model.told(Step(here.x, here.x, label=here.label))


def _subset(n: int, most: int, seed: int) -> Tensor:
    """Positions of at most ``most`` of ``n`` examples, increasing; the first ones may be unlike the rest."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randperm(n, generator=generator)[:most].sort().values


@contextmanager
def _evaluating(model: Evaluable, device: torch.device, seed: int) -> Iterator[None]:
    """Evaluation mode without gradients, on seeded generators; mode and generators are put back."""
    was_training = model.training
    gpus = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=gpus), torch.no_grad():
        torch.default_generator.manual_seed(seed)
        for gpu in gpus:
            with torch.cuda.device(gpu):
                torch.cuda.manual_seed(seed)
        model.to(device)
        model.train(False)
        try:
            yield
        finally:
            model.train(was_training)
