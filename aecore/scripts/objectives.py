"""Objectives: each term as lines of the method ``loss``, and the weights that change as training goes on."""

from __future__ import annotations

from dataclasses import dataclass, field

from aecore.likelihoods import MSE
from aecore.objectives import (
    IMQ,
    KL,
    L1,
    MMD,
    RBF,
    CapacityGap,
    Diagonal,
    FreeBits,
    JacobianPenalty,
    KLSparsity,
    LevelRate,
    Objective,
    OffDiagonal,
    Perceptual,
    Ramp,
    Reconstruction,
    StructuralDissimilarity,
)
from aecore.objectives.mmd import SCALES
from aecore.scripts.likelihoods import mean_of
from aecore.scripts.page import Network, Page, Posterior, no_code, number, writes
from aecore.scripts.weights import ramp, weigh
from aecore.similarity import ms_ssim


@dataclass
class Term:
    """One term in the script.

    Attributes:
        text: As an equation says it.
        value: An expression.
        lines: That come before it.
        batch: Whether its value is of the batch, shape (), not of each example.
        source: Where it is from.
    """

    text: str
    value: str
    lines: list[str] = field(default_factory=list)
    batch: bool = False
    source: str = ""


@dataclass
class Around:
    """What a term finds in the method: the network, the posterior, and what is read."""

    network: Network
    posterior: Posterior
    read: str  # what the encoder reads: x, or what was made of it


def write_objective(objective: Objective, page: Page, around: Around) -> tuple[list[str], str, str]:
    """The lines that compute the terms, the loss as an expression, and the equation."""
    lines: list[str] = []
    each: list[str] = []
    batch: list[str] = []
    said: list[str] = []
    for weight, term in zip(objective.weights, objective.terms, strict=True):
        made: Term = page.write(term, around=around)
        before: list[str] = []
        factor, name = weigh(weight, page, before)
        lines += [*(line for line in before if line not in lines), *made.lines]
        sum_of = batch if made.batch else each
        sum_of.append(made.value if factor == "1" else f"{factor} * {made.value}")
        text = f"({made.text})" if made.text.startswith("−") and (said or factor != "1") else made.text
        said.append(text if factor == "1" else f"{name}·{text}")
        if made.source:
            page.sources.append(made.source)
    sum_of_each = " + ".join(each)
    mean = f"{sum_of_each}.mean()" if sum_of_each.isidentifier() else f"({sum_of_each}).mean()"
    return lines, " + ".join([*([mean] if each else []), *batch]), " + ".join(said)


@writes(Reconstruction)
def reconstruction(term: Reconstruction, page: Page, *, around: Around) -> Term:
    """What the decoder misses."""
    likelihood = page.model.likelihood
    text = "½‖x − x̂‖²" if type(likelihood) is MSE else "−log p(x|z)" if likelihood.proper else "d(x, x̂)"
    return Term(text, "distortion", ["distortion = self.distortion(raw, x)  # (B,)"])


@writes(KL)
def kl(term: KL, page: Page, *, around: Around) -> Term:
    """The rate."""
    return Term("KL(q(z|x) ‖ p(z))", "rate", _rate(around))


def _rate(around: Around) -> list[str]:
    if not around.posterior.rate:
        raise no_code("the KL of a code that is a point")
    return [f"rate = {around.posterior.rate}"]


@writes(FreeBits)
def free_bits(term: FreeBits, page: Page, *, around: Around) -> Term:
    """The rate beyond what is free."""
    if around.posterior.names != ("mu", "logvar"):
        raise no_code("free bits of a posterior that is not Gaussian")
    free = f"clamp(min={number(term.nats)})"
    line = f"rate = gaussian_kl(mu, logvar).mean(0).{free}.sum()  # the first nats are free"
    return Term(
        "Σ_d max(λ, KL_d)",
        "rate",
        [line],
        True,
        "Kingma et al. (2016), eq. 15. https://arxiv.org/abs/1606.04934",
    )


@writes(CapacityGap)
def capacity(term: CapacityGap, page: Page, *, around: Around) -> Term:
    """How far the rate is from what is granted."""
    if type(term.capacity) is not Ramp:
        raise no_code(type(term.capacity).__name__)
    page.asks("progress")
    lines = [
        *_rate(around),
        f"capacity = {ramp(term.capacity)} nats",
        "gap = (rate.mean() - capacity).abs()",
    ]
    return Term(
        "|KL(q(z|x) ‖ p(z)) − C|",
        "gap",
        lines,
        True,
        "Burgess et al. (2018), eq. 8. https://arxiv.org/abs/1804.03599",
    )


@writes(LevelRate)
def level_rate(term: LevelRate, page: Page, *, around: Around) -> Term:
    """The rate of one level of a ladder."""
    start, stop = term.columns.start, term.columns.stop
    line = f"{term.name} = kl[:, {start}:{stop}].sum(1)"
    return Term(f"KL(level {term.name.removeprefix('rate_')})", term.name, [line])


@writes(KLSparsity)
def kl_sparsity(term: KLSparsity, page: Page, *, around: Around) -> Term:
    """Mean activations at their target."""
    rho = number(term.target)
    lines = [
        f"rho, mean = {rho}, z.mean(0).clamp(1e-6, 1 - 1e-6)  # how often each unit is on, (D,)",
        "sparsity = (rho * torch.log(rho / mean) + (1 - rho) * torch.log((1 - rho) / (1 - mean))).sum()",
    ]
    source = "Ng, CS294A lecture notes (2011), section 3. https://web.stanford.edu/class/cs294a/sparseAutoencoder.pdf"
    return Term("Σ_d KL(ρ ‖ ρ̂_d)", "sparsity", lines, True, source)


@writes(L1)
def l1(term: L1, page: Page, *, around: Around) -> Term:
    """All activations to zero."""
    return Term("‖z‖₁", "size", ["size = z.abs().sum(1)  # (B,)"])


@writes(JacobianPenalty)
def jacobian(term: JacobianPenalty, page: Page, *, around: Around) -> Term:
    """How much a code changes when the example does."""
    exact = page.model.latent_dim <= term.exact_up_to
    directions = (
        "list(torch.eye(z.shape[1]))  # every unit vector"
        if exact
        else f"[torch.randint_like(z, 2) * 2 - 1 for _ in range({term.samples})]  # random signs (Hutchinson)"
    )
    page.method(f'''
def jacobian(self, x{page.passed}):
    """‖∂z/∂x‖² of each example, shape (B,)."""
    learning = torch.is_grad_enabled()
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        z = self.posterior(x{page.passed})
        directions = {directions}
        sums = [(v * z).sum() for v in directions]
        slopes = [torch.autograd.grad(s, x, create_graph=learning, retain_graph=True)[0] for s in sums]
        squares = torch.stack([slope.square().flatten(1).sum(1) for slope in slopes])
    return squares.{"sum" if exact else "mean"}(0)
''')
    line = f"jacobian = self.jacobian({around.read}{page.passed})"
    source = "Rifai et al. (2011). https://icml.cc/2011/papers/455_icmlpaper.pdf"
    return Term("‖∂z/∂x‖²", "jacobian", [line], source=source)


@writes(MMD)
def mmd(term: MMD, page: Page, *, around: Around) -> Term:
    """All codes held to the prior."""
    width = number(term.kernel.width)
    kernels = {
        IMQ: f"sum(s * {width} / (s * {width} + squared) for s in {SCALES})",
        RBF: f"torch.exp(-squared / {width})",
    }
    if type(term.kernel) not in kernels:
        raise no_code(type(term.kernel).__name__)
    page.helper(MMD_CODE.format(kernel=kernels[type(term.kernel)]))
    line = "mmd = mmd2(z, torch.randn_like(z))  # codes beside draws of N(0, I)"
    source = "Gretton et al. (2012), lemma 6, eq. 3. https://www.jmlr.org/papers/v13/gretton12a.html"
    return Term("MMD²(q(z), p(z))", "mmd", [line], True, source)


MMD_CODE = '''
def mmd2(x, y):
    """Unbiased estimate of MMD² of two samples of n codes each, shape (); no code is compared with itself."""

    def k(a, b):
        squared = (a.square().sum(1, keepdim=True) + b.square().sum(1) - 2 * a @ b.T).clamp(min=0)
        return {kernel}

    n = len(x)
    if n < 2:
        return 0.0 * x.sum()
    itself = n * k(x[:1] * 0, x[:1] * 0)[0, 0]  # n times k(z, z)
    within = (k(x, x).sum() - itself + k(y, y).sum() - itself) / (n * (n - 1))
    return within - 2 * k(x, y).mean()
'''


@writes(OffDiagonal, Diagonal)
def dip(term: OffDiagonal | Diagonal, page: Page, *, around: Around) -> Term:
    """The covariance of the codes."""
    widths = " + torch.diag(logvar.exp().mean(0))" if term.kind == "ii" else ""
    page.helper(f'''
def covariance(mu, logvar):
    """Covariance of {"the codes" if widths else "the means"} over a batch, shape (D, D)."""
    centred = mu - mu.mean(0)
    return centred.T @ centred / len(centred){widths}
''')
    source = "Kumar et al. (2018), eqs. 6 and 7. https://arxiv.org/abs/1711.00848"
    if isinstance(term, OffDiagonal):
        lines = ["cov = covariance(mu, logvar)", "off = cov.square().sum() - cov.diagonal().square().sum()"]
        return Term("Σ_{i≠j} Cov_ij²", "off", lines, True, source)
    return Term("Σ_i (Cov_ii − 1)²", "diagonal", ["diagonal = (cov.diagonal() - 1).square().sum()"], True)


@writes(StructuralDissimilarity)
def structural(term: StructuralDissimilarity, page: Page, *, around: Around) -> Term:
    """Structure at several scales."""
    page.take(ms_ssim)
    mean = mean_of(page.model.likelihood, page).format(raw="raw")
    line = f"unlike = {term.size} * (1 - ms_ssim({mean}, x))  # (B,)"
    source = "Wang et al. (2003), https://doi.org/10.1109/ACSSC.2003.1292216"
    return Term("D (1 − MS-SSIM(x, x̂))", "unlike", [line], source=source)


@writes(Perceptual)
def perceptual(term: Perceptual, page: Page, *, around: Around) -> Term:
    """Features of a frozen judge, which the model's room has made: ``judge``."""
    mean = mean_of(page.model.likelihood, page).format(raw="raw")
    line = f"unlike = self.feature_distance({mean}, x)  # (B,)"
    source = "Hou et al. (2017). https://arxiv.org/abs/1610.00291"
    return Term("½ Σ_l ‖φ_l(x) − φ_l(x̂)‖²", "unlike", [line], source=source)
