"""Terms of the aggregate posterior, and critics that are players of their own."""

from __future__ import annotations

from aecore.bottlenecks import Ring, StandardNormal, SwissRoll
from aecore.objectives import (
    DensityRatioTC,
    DimensionwiseKL,
    MutualInformation,
    PriorCritic,
    TotalCorrelation,
)
from aecore.objectives.critics import Critic, verdict
from aecore.objectives.total_correlation import permute_dimensions, stratified_weights
from aecore.scripts.bottlenecks import LOG_NORMAL
from aecore.scripts.objectives import Around, Term
from aecore.scripts.page import ARGUMENTS, Page, no_code, number, writes

DENSITIES = '''
def log_densities(z, mu, logvar):
    """log q(z|x), log q(z), Σ_d log q(z_d) and log p(z) of the codes of a batch, shape (B,) each."""
    log_w = stratified_weights(len(z), len(x_train)).log()  # (B, B)
    each = -0.5 * ((z[:, None] - mu) ** 2 * torch.exp(-logvar) + logvar + math.log(2 * math.pi))  # (B, B, D)
    joint = torch.logsumexp(log_w + each.sum(2), 1)
    product = torch.logsumexp(log_w[:, :, None] + each, 1).sum(1)
    return log_normal(z, mu, logvar), joint, product, log_normal(z)
'''
RATIOS = {
    MutualInformation: ("I(z; x)", "information", "given - joint"),
    TotalCorrelation: ("KL(q(z) ‖ Π_d q(z_d))", "correlation", "joint - product"),
    DimensionwiseKL: ("Σ_d KL(q(z_d) ‖ p(z_d))", "dimensionwise", "product - prior"),
}


@writes(MutualInformation, TotalCorrelation, DimensionwiseKL)
def aggregate(
    term: MutualInformation | TotalCorrelation | DimensionwiseKL, page: Page, *, around: Around
) -> Term:
    """A ratio of two densities of the codes."""
    page.imported("import math")
    page.take(stratified_weights)
    page.helper(LOG_NORMAL)
    page.helper(DENSITIES)
    text, name, ratio = RATIOS[type(term)]
    first = "mutual" if isinstance(term, MutualInformation) else ""
    lines = ["given, joint, product, prior = log_densities(z, mu, logvar)"] if first else []
    source = "Chen et al. (2018), eq. 4 and appendix C.2. https://arxiv.org/abs/1802.04942" if first else ""
    return Term(text, name, [*lines, f"{name} = {ratio}"], source=source)


@writes(DensityRatioTC)
def density_ratio(term: DensityRatioTC, page: Page, *, around: Around) -> Term:
    """Total correlation as a critic sees it."""
    page.take(Critic, permute_dimensions, verdict)
    page.layer(term.critic, f"self.critic = {_critic(term.critic)}")
    page.method(f'''
def critic_loss(self, {ARGUMENTS}):
    """The critic's: telling fresh codes from shuffled ones, nats; log 2 if they look alike."""
    with torch.no_grad():
        mu, logvar = self.posterior(x{page.passed})
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
    return verdict(self.critic(z), self.critic(permute_dimensions(z)))[0]
''')
    page.critics.append("critic")
    source = "Kim & Mnih (2018), eq. 3 and algorithm 2. https://arxiv.org/abs/1802.05983"
    return Term(
        "E[log D/(1 − D)]",
        "correlation",
        ["correlation = self.critic(z)  # log q(z)/Π_d q(z_d), (B,)"],
        source=source,
    )


def _critic(critic: Critic) -> str:
    widths = [layer.out_features for layer in critic.layers if hasattr(layer, "out_features")]
    first = next(layer.in_features for layer in critic.layers if hasattr(layer, "in_features"))
    return f"Critic({first}, {tuple(widths[:-1])})"


@writes(PriorCritic)
def prior_critic(term: PriorCritic, page: Page, *, around: Around) -> Term:
    """A critic that tells codes from draws of the prior."""
    page.imported("from torch.nn.functional import softplus")
    page.take(Critic, verdict)
    page.layer(term.critic, f"self.critic = {_critic(term.critic)}")
    if term.classes:
        page.asks("y")
    prior = term.prior
    if type(prior) is StandardNormal:
        draw = "real = torch.randn_like(z)"
    elif type(prior) in (Ring, SwissRoll):
        page.take(type(prior))
        page.helper(f"prior = {type(prior).__name__}({prior.latent_dim}, {prior.parts})")
        known = " - (y.sum(1) == 0).long()" if page.config.get("labelled") else ""
        label = f", y.argmax(1){known}" if term.classes else ""
        draw = f"real = prior(torch.randn(len(z), {prior.noise_dim}){label})"
    else:
        raise no_code(type(prior).__name__)
    named = ", ".join(around.posterior.names)
    sample = "".join(f"        {line}\n" for line in around.posterior.sample)
    told = "torch.cat([{}, y], 1)" if term.classes else "{}"
    page.method(f'''
def critic_loss(self, {ARGUMENTS}):
    """The critic's: telling draws of the prior from fresh codes, and what its own slope costs it."""
    with torch.no_grad():
        {named} = self.posterior(x{page.passed})
{sample}        {draw}
    real, z = real.requires_grad_(), z.requires_grad_()
    with torch.enable_grad():
        drawn, coded = self.critic({told.format("real")}), self.critic({told.format("z")})
        slopes = torch.autograd.grad((drawn + coded).sum(), (real, z), create_graph=True)
    steep = 0.5 * sum(slope.square().sum(1).mean() for slope in slopes)
    return verdict(drawn, coded)[0] + {number(0.5 * term.penalty)} * steep
''')
    page.critics.append("critic")
    source = (
        "Makhzani et al. (2015), sections 2 and 2.3. https://arxiv.org/abs/1511.05644; "
        "Mescheder et al. (2018), eqs. 9 and 10, for the slope. https://arxiv.org/abs/1801.04406"
    )
    line = f"deceived = softplus(-self.critic({told.format('z')}))  # −log D(z), (B,)"
    return Term("−log D(z)", "deceived", [line], source=source)
