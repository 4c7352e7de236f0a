"""All metrics of one model on one data set's test split, for its card."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import torch
from torch import Tensor

from aecore.data import Dataset, DataSpec, Split
from aecore.errors import UserError, unknown
from aecore.metrics.baseline import fit_pca
from aecore.metrics.codes import knn_accuracy, probe_accuracy
from aecore.metrics.evaluable import Evaluable
from aecore.metrics.factors import factor_metrics
from aecore.metrics.generation import prior_metrics, sample_metrics
from aecore.metrics.kinds import compared as compared_by_kind
from aecore.metrics.kinds import numbers, plain
from aecore.metrics.probabilistic import active_units, importance_estimate, variational
from aecore.metrics.reconstruction import summarise
from aecore.metrics.sharpness import sharpness
from aecore.metrics.subsets import subset
from aecore.metrics.table import METRICS, PROBE_EXAMPLES
from aecore.metrics.table_factors import FACTOR_METRICS
from aecore.metrics.table_samples import SAMPLE_METRICS
from aecore.step import Step

Values = dict[str, float | list[float]]

OUTPUTS = ("", "pca_", "denoised_", "pca_denoised_", "corrupted_")
COMPARED = ("mae", "mse", "rmse", "psnr", "ssim", "length_mae", "token_accuracy", "word_accuracy")
COMPARISONS = tuple(prefix + name for prefix in OUTPUTS for name in COMPARED)
TERMS = ("distortion", "rate", "kl_per_dimension", "negative_elbo")
IMPORTANCE = ("nll", "elbo_gap", "bits_per_dim", "nll_samples", "nll_images")
ACCURACIES = {"knn5_accuracy": knn_accuracy, "probe_accuracy": probe_accuracy}
GENERAL = {
    *COMPARISONS, *IMPORTANCE, *ACCURACIES, *SAMPLE_METRICS, *FACTOR_METRICS,
    "compression_ratio", "perplexity", "active_units", "sharpness",
}  # fmt: skip
"""What no model's own diagnostics give."""

_BATCH = 1000
_BATCH_NUMBERS = 4_000_000  # of large images fewer go into a batch


def evaluate(
    model: Evaluable,
    dataset: Dataset,
    *,
    device: str | torch.device = "cpu",
    nll_samples: int = 200,
    nll_images: int = 500,
    seed: int = 0,
    only: Collection[str] = (),
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
        only: Names of metrics, the same numbers as without it: what gives none of them is not computed.
            Empty for all there are.

    Returns:
        Numbers by name, and lists for what is per dimension. What does not apply is absent:
        rate and its kin for a model without a posterior, −ELBO and NLL where the likelihood
        is none, accuracies without labels, ``sample_*`` without a judge of the data set, ``mig`` and
        its kin without factors, ``denoised_*`` without a corruption, PSNR and SSIM
        for data that are no images in [0, 1]; of words there are accuracies and a perplexity
        in place of errors.

    Raises:
        UserError: If a split that is needed is empty, fewer than one sample or image is asked for, or
            a metric that there is not.
    """
    for name in only:
        if name not in METRICS:
            raise unknown("metric", name, METRICS)
    if len(dataset.train) == 0 or len(dataset.test) == 0:
        raise UserError(f"An evaluation needs training and test examples; {dataset.spec.name} lacks them.")
    if nll_samples < 1 or nll_images < 1:
        raise UserError(f"NLL needs at least 1 sample and 1 image; got {nll_samples} and {nll_images}.")
    device = torch.device(device)
    test, spec = dataset.test, dataset.spec
    with _evaluating(model, device, seed):
        if dataset.dynamic:  # the test split was drawn once; what is fitted must see the same kind of pixels
            dataset = replace(dataset, train=replace(dataset.train, x=torch.bernoulli(dataset.train.x)))
        mean = cache(lambda: _codes(model, test, device))
        values: Values = {}

        def measure(names: Collection[str], part: Callable[[], Mapping[str, float | list[float]]]) -> None:
            if not only or not set(names).isdisjoint(only):
                _sow(device, seed)  # so that what is left out changes no other part's numbers
                values.update(part())

        measure(COMPARISONS, lambda: _reconstruction(model, dataset, device, seed, only))
        ratio = numbers(spec, test.x).mean().item() / model.latent_dim
        measure(["compression_ratio"], lambda: {"compression_ratio": ratio})
        measure(TERMS, lambda: _terms(model, test, device))
        if spec.kind == "tokens":
            measure(["perplexity"], lambda: {"perplexity": _perplexity(model, dataset, device)})
        measure(METRICS.keys() - GENERAL, lambda: model.diagnostics(test.to(device)))
        if model.probabilistic:
            measure(["active_units"], lambda: {"active_units": active_units(mean())})
        if model.probabilistic and model.likelihood.proper:
            images = test.take(subset(len(test), nll_images, seed))
            count = numbers(spec, images.x).mean().item()
            measure(IMPORTANCE, lambda: _importance(model, images, nll_samples, count, device))
        measure(ACCURACIES, lambda: _accuracies(model, dataset, mean(), seed, device, only))
        measure(["sharpness"], lambda: _sharpness(model, test, spec, device))
        measure(["aggregate_mmd"], lambda: prior_metrics(model, test, device, seed))
        measure(
            SAMPLE_METRICS.keys() - {"aggregate_mmd"}, lambda: sample_metrics(model, dataset, device, seed)
        )
        measure(FACTOR_METRICS, lambda: factor_metrics(model, dataset, device, seed))
    return {name: value for name, value in values.items() if not only or name in only}


def _reconstruction(
    model: Evaluable, dataset: Dataset, device: torch.device, seed: int, only: Collection[str]
) -> Values:
    """Every comparison with the clean test examples, PCA's beside each of the model's."""
    spec, corruption = dataset.spec, model.corruption
    wanted = [p for p in OUTPUTS if not only or any(p + name in only for name in COMPARED)]
    if corruption is None:
        wanted = [prefix for prefix in wanted if prefix in ("", "pca_")]
    if any(prefix.startswith("pca_") for prefix in wanted):
        pca = fit_pca(plain(spec, dataset.train.x.to(device)), model.latent_dim)
        _sow(device, seed)  # the fit may have drawn

    def output(prefix: str, x: Tensor, condition: Tensor | None) -> Tensor:
        if prefix.startswith("pca_"):
            return pca.reconstruct(plain(spec, x))
        return plain(spec, x) if prefix == "corrupted_" else _rebuilt(model, x, condition)

    compared: dict[str, list[dict[str, Tensor]]] = defaultdict(list)
    for batch, condition in _batches(model, dataset.test, device):
        corrupted = batch.x if corruption is None else corruption(batch.x)
        for prefix in wanted:
            shown = batch.x if prefix in ("", "pca_") else corrupted
            compared[prefix].append(compared_by_kind(spec, output(prefix, shown, condition), batch.x))
    values: Values = {}
    for prefix, batches in compared.items():
        values |= summarise(batches, prefix)
    return values


def _rebuilt(model: Evaluable, x: Tensor, condition: Tensor | None) -> Tensor:
    """Examples decoded from the mean of q(z|x)."""
    return model.decode(model.posterior(x, condition).mean, condition)


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
            values["negative_elbo"] = torch.cat(nll).double().mean().item() + rate + model.class_nats
    return values


def _perplexity(model: Evaluable, dataset: Dataset, device: torch.device) -> float:
    """exp of the nats that a token costs at the mean of q(z|x)."""
    nats, tokens = [], []
    for batch, condition in _batches(model, dataset.test, device):
        raw = model.decode_raw(model.posterior(batch.x, condition).mean, condition, batch.x)
        nats.append(model.likelihood.distortion(raw, batch.x))
        tokens.append(numbers(dataset.spec, batch.x))
    return math.exp(torch.cat(nats).double().sum().item() / torch.cat(tokens).sum().item())


def _sharpness(model: Evaluable, test: Split, spec: DataSpec, device: torch.device) -> Values:
    """Sharpness of reconstructed images, where there are sides enough to see edges and edges to see."""
    if spec.kind != "image" or min(spec.shape[1:]) < 3:
        return {}
    found = sharpness(
        (_rebuilt(model, batch.x, condition), batch.x) for batch, condition in _batches(model, test, device)
    )
    return {} if found is None else {"sharpness": found}


def _importance(model: Evaluable, images: Split, samples: int, size: float, device: torch.device) -> Values:
    """NLL of some examples of ``size`` numbers each, with its distance from −ELBO on the same samples."""
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
    model: Evaluable,
    dataset: Dataset,
    test_codes: Tensor,
    seed: int,
    device: torch.device,
    only: Collection[str],
) -> Values:
    """What codes know of the labels, where there are labels."""
    if dataset.train.label is None or dataset.test.label is None:
        return {}
    known = torch.nonzero(dataset.train.label >= 0)[:, 0]
    if not len(known):
        return {}
    chosen = known[subset(len(known), PROBE_EXAMPLES, seed)]
    scored = subset(len(dataset.test), PROBE_EXAMPLES, seed)
    train_codes = _codes(model, dataset.train.take(chosen), device)
    fit_and_score = (
        train_codes.cpu().numpy(),
        dataset.train.label[chosen].numpy(),
        test_codes.cpu()[scored].numpy(),
        dataset.test.label[scored].numpy(),
    )
    return {name: of(*fit_and_score) for name, of in ACCURACIES.items() if not only or name in only}


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


def _sow(device: torch.device, seed: int) -> None:
    """Starts the random numbers anew."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)


@contextmanager
def _evaluating(model: Evaluable, device: torch.device, seed: int) -> Iterator[None]:
    """Evaluation mode without gradients, on seeded generators; mode and generators are put back."""
    was_training = model.training
    gpus = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=gpus), torch.no_grad():
        _sow(device, seed)
        model.to(device)
        model.train(False)
        try:
            yield
        finally:
            model.train(was_training)
