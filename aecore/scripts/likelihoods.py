"""Likelihoods: the method ``distortion``, what training minimises of a reconstruction."""

from __future__ import annotations

from aecore.likelihoods import (
    MSE,
    Bernoulli,
    Categorical,
    ContinuousBernoulli,
    ElementwiseGaussian,
    Gaussian,
    Huber,
    Likelihood,
    PseudoBernoulli,
    up_to_the_end,
)
from aecore.scripts.page import Page, no_code, number, shape, writes

CROSS_ENTROPY = 'F.binary_cross_entropy_with_logits({raw}, {x}, reduction="none")'


def _mean(of: Likelihood, raw: str) -> str:
    """E[x|z] of what the decoder wrote."""
    return f"torch.sigmoid({raw})" if of.bounded else raw


def _distortion(of: Likelihood, page: Page, said: str, before: list[str], each: str, name: str) -> None:
    """Adds the method: ``each`` is what an element adds, of ``{raw}`` and ``{x}``."""
    page.imported("from torch.nn import functional as F") if "F." in each + " ".join(before) else None
    page.imported("import math") if "math." in each else None
    if of.series:
        page.imported("from torch.nn import functional as F")
        page.take(up_to_the_end)
        body = [
            "lasts = x[..., -1:]  # 1 as long as the series does",
            *before,
            f"each = ({each.format(raw='raw[..., :-1]', x='x[..., :-1]')}) * lasts",
            f"end = {CROSS_ENTROPY.format(raw='raw[..., -1:]', x='lasts')} * up_to_the_end(lasts)",
            "return torch.cat([each, end], -1).flatten(1).sum(1)",
        ]
    else:
        body = [*before, f"each = {each.format(raw='raw', x='x')}", "return each.flatten(1).sum(1)"]
    lines = "\n".join(f"    {line}" for line in body)
    page.method(f'def {name}(self, raw, x):\n    """{said}"""\n{lines}')


@writes(MSE)
def mse(of: MSE, page: Page, *, name: str = "distortion") -> None:
    """½‖x − x̂‖²."""
    mean = _mean(of, "{raw}")
    _distortion(of, page, "½‖x − x̂‖² of each example, shape (B,).", [], f"0.5 * ({mean} - {{x}}) ** 2", name)


@writes(Gaussian, ElementwiseGaussian)
def gaussian(of: Gaussian, page: Page, *, name: str = "distortion", sigma: str = "raw_log_sigma") -> None:
    """A Gaussian with a learned σ."""
    size = tuple(of.raw_log_sigma.shape)
    about = "σ of p(x|z), learned" if not size else "a σ for each number, learned"
    page.layer(of.raw_log_sigma, f"self.{sigma} = nn.Parameter(torch.zeros({shape(size)}))  # {about}")
    log_sigma = f"log_sigma = F.softplus(self.{sigma} + 5) - 5  # kept above −5"
    page.imported("import math", "from torch.nn import functional as F")
    error = f"(({_mean(of, '{raw}')} - {{x}}) / log_sigma.exp())"
    each = f"0.5 * {error} ** 2 + log_sigma + 0.5 * math.log(2 * math.pi)"
    said = "−log N(x; x̂, σ²) of each example, shape (B,), nats: https://arxiv.org/abs/2006.13202."
    _distortion(of, page, said, [log_sigma], each, name)


@writes(Bernoulli)
def bernoulli(of: Bernoulli, page: Page, *, name: str = "distortion") -> None:
    """Coins."""
    _distortion(of, page, "−log p(x|z), each pixel a coin; shape (B,), nats.", [], CROSS_ENTROPY, name)


@writes(PseudoBernoulli)
def pseudo_bernoulli(of: PseudoBernoulli, page: Page, *, name: str = "distortion") -> None:
    """Grey values taken for coins."""
    said = "Cross-entropy of grey values, shape (B,): widely used, and no likelihood."
    _distortion(of, page, said, [], CROSS_ENTROPY, name)


@writes(ContinuousBernoulli)
def continuous_bernoulli(of: ContinuousBernoulli, page: Page, *, name: str = "distortion") -> None:
    """A density on [0, 1]."""
    page.imported("import math", "from torch.nn import functional as F")
    page.helper('''
def log_constant(raw):
    """log C(λ), λ = sigmoid(raw): Loaiza-Ganem & Cunningham (2019), eq. 7, https://arxiv.org/abs/1907.06845."""
    small = raw.abs() < 0.1  # there its series
    safe = torch.where(small, torch.ones_like(raw), raw)
    series = math.log(2) + raw**2 / 12 - 7 * raw**4 / 1440
    return torch.where(small, series, torch.log(safe / torch.tanh(safe / 2)))
''')
    said = "−log p(x|z) of the continuous Bernoulli, shape (B,), nats."
    _distortion(of, page, said, [], f"{CROSS_ENTROPY} - log_constant({{raw}})", name)


@writes(Huber)
def huber(of: Huber, page: Page, *, name: str = "distortion") -> None:
    """Squares that turn into absolute values."""
    each = f'F.huber_loss({_mean(of, "{raw}")}, {{x}}, reduction="none", delta={number(of.delta)})'
    _distortion(of, page, "Huber loss of each example, shape (B,).", [], each, name)


@writes(Categorical)
def categorical(of: Categorical, page: Page, *, name: str = "distortion") -> None:
    """Tokens."""
    page.imported("from torch.nn import functional as F")
    page.take(up_to_the_end)
    page.method(f'''
def {name}(self, raw, x):
    """−log p(x|z), up to and including the end token 0; shape (B,), nats."""
    nats = F.cross_entropy(raw.transpose(1, 2), x, reduction="none")
    return (nats * up_to_the_end((x != 0).to(raw.dtype))).sum(1)
''')


def mean_of(of: Likelihood, page: Page) -> str:
    """An expression for E[x|z] of ``{raw}``, for images.

    Raises:
        UserError: If the likelihood has another.
    """
    if isinstance(of, ContinuousBernoulli) or of.series or isinstance(of, Categorical):
        return _unusual_mean(of, page)
    bounded = of.bounded or isinstance(of, Bernoulli | PseudoBernoulli)
    return "torch.sigmoid({raw})" if bounded else "{raw}"


def _unusual_mean(of: Likelihood, page: Page) -> str:
    if not isinstance(of, ContinuousBernoulli):
        raise no_code(f"the mean of a {of.name} likelihood")
    page.helper('''
def mean_value(raw):
    """The mean of a continuous Bernoulli; near 0 its series."""
    small = raw.abs() < 0.1
    safe = torch.where(small, torch.ones_like(raw), raw)
    exact = 0.5 + 0.5 / torch.tanh(safe / 2) - 1 / safe
    return torch.where(small, 0.5 + raw / 12 - raw**3 / 720, exact)
''')
    return "mean_value({raw})"


def constants_of(of: Likelihood, page: Page) -> str:
    """What −log p(x|z) has beyond the distortion, as an expression; empty for nothing."""
    if not of.constant:
        return ""
    page.imported("import math")
    if of.series:
        return f"{page.spec.shape[-1] - 1} * x[..., -1].sum(1) * 0.5 * math.log(2 * math.pi)"
    return f"{page.spec.size} * 0.5 * math.log(2 * math.pi)"
