"""Bottlenecks: the method ``posterior``, and how a code is drawn from what it returns."""

from __future__ import annotations

from aecore.bottlenecks import (
    DiagonalGaussian,
    HeldPoint,
    InverseAutoregressiveFlow,
    Point,
    SparsePoint,
    TopK,
    bound_softly,
)
from aecore.bottlenecks.flow import AutoregressiveStep
from aecore.scripts.layers import linear
from aecore.scripts.page import Page, Posterior, number, writes

BENT = {"linear": "{}", "relu": "torch.relu({})", "tanh": "torch.tanh({})", "sigmoid": "torch.sigmoid({})"}
DRAW = "z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)  # z ~ q(z|x)"
RATE = "gaussian_kl(mu, logvar).sum(1)  # KL(q(z|x) ‖ N(0, I))"


def posterior(page: Page, encode: str, said: str, *body: str, given: str = "") -> None:
    """Adds the method, from the encoder's features ``h``; of ``given``, or x and what the model is told."""
    lines = [f"h = {encode.format(x='x')}", *body]
    text = "\n".join(f"    {line}" for line in lines)
    page.method(f'def posterior(self, {given or "x" + page.passed}):\n    """{said}"""\n{text}')


@writes(Point)
def point(of: Point, page: Page, *, encode: str) -> Posterior:
    """z = f(x)."""
    page.layer(of.z, f"self.code = {linear(of.z)}")
    posterior(
        page,
        encode,
        "The code of each example, shape (B, D).",
        f"return {BENT[of.code].format('self.code(h)')}",
    )
    return Posterior(("z",), [], "z")


@writes(HeldPoint)
def held_point(of: HeldPoint, page: Page, *, encode: str) -> Posterior:
    """A point that the objective holds to a prior."""
    return point(of, page, encode=encode)


@writes(SparsePoint)
def sparse_point(of: SparsePoint, page: Page, *, encode: str) -> Posterior:
    """A point with dropout."""
    if not of.dropout:
        return point(of, page, encode=encode)
    page.imported("from torch.nn import functional as F")
    page.layer(of.z, f"self.code = {linear(of.z)}")
    bent = BENT[of.code].format("self.code(h)")
    dropped = f"return F.dropout({bent}, {number(of.dropout)}, self.training)"
    posterior(page, encode, "The code of each example, shape (B, D); in training some of it is off.", dropped)
    return Posterior(("z",), [], "z")


@writes(TopK)
def top_k(of: TopK, page: Page, *, encode: str) -> Posterior:
    """The k largest stay."""
    page.layer(of.z, f"self.code = {linear(of.z)}")
    if of.start == of.k:
        kept = f"k = {of.k}" if of.k == of.k_after else f"k = {of.k} if self.training else {of.k_after}  # αk"
    else:
        page.asks("progress")
        falls = f"round({of.start} - {of.start - of.k} * min(1.0, 2 * self.progress))"
        kept = f"k = {falls} if self.training else {of.k_after}"
    posterior(
        page,
        encode,
        "The k largest numbers of each code, the others 0 (Makhzani & Frey 2013, https://arxiv.org/abs/1312.5663).",
        "z = self.code(h)",
        kept,
        "largest = z.topk(k, dim=1)",
        "return torch.zeros_like(z).scatter(1, largest.indices, largest.values)",
    )
    return Posterior(("z",), [], "z")


def gaussian_head(page: Page) -> None:
    """What every Gaussian posterior reads: log σ² within bounds, and the KL."""
    page.take(bound_softly)
    page.helper('''
def gaussian_kl(mu, logvar):
    """KL(N(μ, σ²) ‖ N(0, 1)) by dimension, nats: https://arxiv.org/abs/1312.6114, appendix B."""
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar)
''')


@writes(DiagonalGaussian)
def diagonal_gaussian(of: DiagonalGaussian, page: Page, *, encode: str) -> Posterior:
    """N(μ, σ²)."""
    gaussian_head(page)
    page.layer(of, f"self.mu = {linear(of.mu)}", f"self.logvar = {linear(of.logvar)}")
    said = "q(z|x) = N(μ(x), diag σ²(x)): μ and log σ², shape (B, D) each."
    posterior(page, encode, said, "return self.mu(h), bound_softly(self.logvar(h))")
    return Posterior(("mu", "logvar"), [DRAW], "mu", RATE)


@writes(InverseAutoregressiveFlow)
def flow(of: InverseAutoregressiveFlow, page: Page, *, encode: str) -> Posterior:
    """A Gaussian bent by autoregressive steps."""
    gaussian_head(page)
    page.imported("import math")
    page.take(AutoregressiveStep)
    first = of.steps[0]
    assert isinstance(first, AutoregressiveStep)
    made = f"AutoregressiveStep({of.latent_dim}, {of.hidden}, {of.hidden}, backwards=k % 2 == 1)"
    page.layer(of.steps, f"self.steps = nn.ModuleList({made} for k in range({len(of.steps)}))")
    page.layer(
        [of.mu, of.logvar, of.context],
        f"self.mu = {linear(of.mu)}",
        f"self.logvar = {linear(of.logvar)}",
        f"self.context = {linear(of.context)}",
    )
    said = "Where the flow starts, N(μ(x), diag σ²(x)), and the features of x that its steps hear."
    posterior(page, encode, said, "return self.mu(h), bound_softly(self.logvar(h)), self.context(h)")
    page.helper(LOG_NORMAL)
    sample = [
        "start = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)",
        "z, log_det = start, 0.0",
        "for step in self.steps:",
        "    z, more = step(z, h)",
        "    log_det = log_det + more",
    ]
    rate = "log_normal(start, mu, logvar) - log_det - log_normal(z)  # log q(z|x) − log p(z)"
    return Posterior(("mu", "logvar", "h"), sample, "mu", rate)


LOG_NORMAL = '''
def log_normal(z, mu=0.0, logvar=None):
    """log N(z; μ, diag σ²) of codes, shape (…, D), as (…), nats; of N(0, I) where nothing is said."""
    logvar = torch.zeros_like(z) if logvar is None else logvar
    return -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)
'''
