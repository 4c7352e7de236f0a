"""How strange examples are to a model that was trained on one kind of them, and how well that tells."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aecore.bottlenecks.moments import moments
from aecore.data import Split
from aecore.errors import UserError
from aecore.metrics.probabilistic import importance_estimate
from aecore.metrics.reconstruction import mean_squared_error
from aecore.model import Autoencoder

ELBO_SAMPLES = 16  # of q(z|x) an example
CORRUPTIONS = 8  # of each example
_BATCH = 500


def auroc(usual: Tensor, strange: Tensor) -> float:
    """The chance that a strange example's score is above a usual one's, ties counting half; 0.5 by guessing.

    Args:
        usual: Scores, shape (N,).
        strange: Scores, shape (M,).

    Raises:
        ValueError: If either is empty.
    """
    from sklearn.metrics import roc_auc_score

    if not len(usual) or not len(strange):
        raise ValueError("An AUROC compares scores of two kinds of examples; one kind is missing.")
    truth = torch.cat([torch.zeros(len(usual)), torch.ones(len(strange))])
    return float(roc_auc_score(truth.numpy(), torch.cat([usual, strange]).double().cpu().numpy()))


def reconstruction(model: Autoencoder, train: Split) -> Callable[[Tensor], Tensor]:
    """Squared error of the decoded mean code, averaged over pixels."""
    return lambda x: mean_squared_error(model.reconstruct(x), x)


def negative_elbo(model: Autoencoder, train: Split) -> Callable[[Tensor], Tensor]:
    """−ELBO at 16 samples of q(z|x), nats.

    Raises:
        UserError: If the model has none.
    """
    if not (model.probabilistic and model.likelihood.proper):
        raise UserError("negative-elbo needs a posterior with a width and a likelihood, as the vae has.")
    return lambda x: importance_estimate(model, x, ELBO_SAMPLES).negative_elbo


def nll(model: Autoencoder, train: Split) -> Callable[[Tensor], Tensor]:
    """−log p(x) by 16 importance samples of q(z|x), nats.

    Raises:
        UserError: If the model has none.
    """
    if not (model.probabilistic and model.likelihood.proper):
        raise UserError("nll needs a posterior with a width and a likelihood, as the vae has.")
    return lambda x: importance_estimate(model, x, ELBO_SAMPLES).nll


def denoising(model: Autoencoder, train: Split) -> Callable[[Tensor], Tensor]:
    """Squared error of what is made of the corrupted example, averaged over pixels and 8 corruptions.

    Raises:
        UserError: If the model undoes no corruption.
    """
    corruption = model.corruption
    if corruption is None:
        raise UserError("denoising needs a model that undoes corruption, as the denoising variant does.")

    def score(x: Tensor) -> Tensor:
        tries = [mean_squared_error(model.reconstruct(corruption(x)), x) for _ in range(CORRUPTIONS)]
        return torch.stack(tries).mean(0)

    return score


def density(model: Autoencoder, train: Split) -> Callable[[Tensor], Tensor]:
    """−log density of the mean code under a Gaussian fitted to the training codes, without its constant."""
    mean, precision = _gaussian(model.codes(train))
    return lambda x: _half_mahalanobis(model.encode(x), mean, precision)


def joint(model: Autoencoder, train: Split) -> Callable[[Tensor], Tensor]:
    """Both: −log N(x; x̂, σ²) with σ² the training examples' mean squared error, and ``density``."""
    mean, precision = _gaussian(model.codes(train))
    error = torch.cat(
        [mean_squared_error(model.reconstruct(part.x), part.x) for part in train.batches(_BATCH)]
    )
    variance = error.mean()

    def score(x: Tensor) -> Tensor:
        z = model.encode(x)
        misfit = (model.decode(z) - x).square().flatten(1).sum(1) / (2 * variance)
        return misfit + _half_mahalanobis(z, mean, precision)

    return score


SCORES: dict[str, Callable[[Autoencoder, Split], Callable[[Tensor], Tensor]]] = {
    "reconstruction": reconstruction,
    "negative-elbo": negative_elbo,
    "nll": nll,
    "denoising": denoising,
    "density": density,
    "joint": joint,
}
"""From a model and its training split to a score, shape (B, *shape) to (B,): larger is stranger."""


@torch.no_grad()
def one_class_auroc(
    model: Autoencoder, train: Split, test: Split, usual: int, score: str, seed: int = 0
) -> float:
    """AUROC of telling all other classes from the one that the model was trained on.

    Args:
        model: Trained on ``train``, on the split's device.
        train: Examples of one class.
        test: Examples of every class, with labels.
        usual: The label of that class.
        score: One of ``SCORES``.
        seed: Fixes what the score draws; the caller's generator is where it was.

    Raises:
        UserError: If the score does not fit the model.
    """
    assert test.label is not None
    model.eval()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        strangeness = SCORES[score](model, train)
        found = torch.cat([strangeness(part.x).double() for part in test.batches(_BATCH)])
    return auroc(found[test.label == usual], found[test.label != usual])


def _gaussian(codes: Tensor) -> tuple[Tensor, Tensor]:
    """Mean, shape (D,), and precision, shape (D, D), of codes, shape (N, D), double, on their device."""
    mean, cholesky = moments(codes)
    return mean.to(codes.device), torch.cholesky_inverse(cholesky).to(codes.device)


def _half_mahalanobis(z: Tensor, mean: Tensor, precision: Tensor) -> Tensor:
    off = z.double() - mean
    return 0.5 * ((off @ precision) * off).sum(1)
