"""Models that learn the class beside the code, from few labels and many examples without one."""

from __future__ import annotations

from typing import Any

from aecore.nets.mlp import MlpEncoder
from aecore.objectives.semi_supervised import Classification, LabelledBound, UnlabelledBound
from aecore.scripts.bottlenecks import RATE, gaussian_head, posterior
from aecore.scripts.layers import chain, linear
from aecore.scripts.likelihoods import constants_of
from aecore.scripts.loop import Player, Stage
from aecore.scripts.objectives import Around, Term, write_objective
from aecore.scripts.page import ARGUMENTS, Network, Page, Posterior, no_code, number, writes
from aecore.stages.semi_supervised import M1M2, M2, SemiSupervised

LABELLED = ["seen, y_seen = self.labelled(x, y)"]


@writes(UnlabelledBound)
def unlabelled(term: UnlabelledBound, page: Page, *, around: Around) -> Term:
    """U(x), the class marginalised."""
    k, first = len(page.spec.classes), term.labels_first
    asked, detached = "", ""
    if first:
        page.asks("progress")
        asked = ", progress"
        detached = f"""
    if progress < {number(first)}:  # q(y|x) learns from labels alone
        log_q = log_q.detach()"""
    page.method(f'''
def unlabelled_bound(self, x{asked}):
    """U(x) = Σ_y q(y|x) [L(x, y) + log q(y|x)], the mean over examples: Kingma et al. (2014), eq. 7."""
    if not len(x):
        return torch.zeros(())
    seen = {_see(page)}
    log_q = self.log_classes(seen)  # (B, K){detached}
    every = torch.eye({k}).repeat(len(x), 1)  # each example as each class
    bound = self.bound(seen.repeat_interleave({k}, 0), every).view(-1, {k})
    return (log_q.exp() * (bound + log_q)).sum(1).mean()
''')
    line = f"unlabelled = self.unlabelled_bound(x[~y.bool().any(1)] if self.training else x{asked})"
    return Term("E_unl U(x)", "unlabelled", [line], True)


@writes(LabelledBound)
def labelled(term: LabelledBound, page: Page, *, around: Around) -> Term:
    """L(x, y)."""
    lines = [*LABELLED, f"labelled = self.bound({_see(page, 'seen')}, y_seen).mean()"]
    return Term("E_lab L(x, y)", "labelled", lines, True)


@writes(Classification)
def classification(term: Classification, page: Page, *, around: Around) -> Term:
    """−log q(y|x)."""
    page.imported("from torch.nn import functional as F")
    lines = [*LABELLED, f"classes = F.nll_loss(self.log_classes({_see(page, 'seen')}), y_seen.argmax(1))"]
    return Term("E_lab[−log q(y|x)]", "classes", lines, True)


def _see(page: Page, x: str = "x") -> str:
    return f"self.see({x})" if isinstance(page.model, M1M2) else x


def semi_supervised(model: SemiSupervised, page: Page, network: Network, missed: str) -> None:
    """Writes classifier, bound and loss; ``missed`` is −log p(seen|y, z)."""
    page.imported("import math", "from torch.nn import functional as F")
    page.asks("y")
    gaussian_head(page)
    page.layer(model.logits, f"self.logits = {linear(model.logits)}")
    page.method('''
def log_classes(self, x):
    """log q(y|x), shape (B, K)."""
    return F.log_softmax(self.logits(self.classifier(x)), 1)
''')
    of: Any = model.bottleneck
    page.layer(of, f"self.mu = {linear(of.mu)}", f"self.logvar = {linear(of.logvar)}")
    said = "q(z|x, y): μ and log σ², shape (B, D) each."
    posterior(page, network.encode, said, "return self.mu(h), bound_softly(self.logvar(h))", given="x, y")
    page.method(f'''
def bound(self, x, y):
    """L(x, y) ≥ −log p(x, y) at one code, shape (B,): https://arxiv.org/abs/1406.5298, eq. 6."""
    mu, logvar = self.posterior(x, y)
    z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
    missed = {missed}
    return missed + gaussian_kl(mu, logvar).sum(1) + math.log({model.classes})
''')
    few = page.config["labelled"]
    drawn = "torch.bernoulli(known_x[index])" if page.spec.values == "binary" else "known_x[index]"
    remembered = [
        "if self.training:  # as many of the few labelled examples as the batch has",
        "    index = torch.randperm(len(known_x))[: len(x)]",
        f"    return {drawn}, known_y[index]",
    ]
    lines = [*(remembered if few else []), "known = y.bool().any(1)", "return x[known], y[known]"]
    body = "\n".join(f"    {line}" for line in lines)
    page.method(
        f'def labelled(self, x, y):\n    """Examples whose class is known, and their classes."""\n{body}'
    )
    around = Around(network, Posterior(("mu", "logvar"), [], "mu", RATE), "x")
    lines, value, page.equation = write_objective(model.objective, page, around)
    report = [f"torch.randn(len(x), {model.latent_dim})  # Loupe draws a code more, for what it reports"]
    if isinstance(model, M1M2):
        below = f"    torch.randn(len(x), {model.m1_code.latent_dim})"
        report = ["for _ in range(3 if self.training else 0):", below, *report]
    body = "\n".join(f"    {line}" for line in [*report, *lines, f"return {value}"])
    page.method(f'def loss(self, {ARGUMENTS}):\n    """{page.equation}."""\n{body}')


def remember(page: Page) -> list[Stage]:
    """The few labelled examples, kept apart."""
    if not page.config["labelled"]:
        return []
    lines = [
        "known = y_train.bool().any(1)",
        "known_x, known_y = x_train[known], y_train[known]  # the few labels",
    ]
    return [Stage("labelled", solve=lines)]


@writes(M2)
def m2(model: M2, page: Page) -> list[Stage]:
    """Of the example itself."""
    page.without_chance("m2")
    network: Network = page.write(model.encoder, decoder=model.decoder)
    if network.causal or type(model.classifier) is not MlpEncoder:
        raise no_code(f"a {type(model.classifier).__name__} in m2")
    made = chain(list(model.classifier.blocks), page, before=("nn.Flatten()",))
    if page.config.get("init", "torch") != "torch":
        raise no_code("--init in m2")
    page.layer(model.classifier, f"self.classifier = {made}")
    page.write(model.likelihood)
    missed = f"self.distortion({network.decode.format(z='z', x='x')}, x)"
    constants = constants_of(model.likelihood, page)
    semi_supervised(model, page, network, f"{missed} + {constants}" if constants else missed)
    return [*remember(page), Stage("train", [Player("loss", "model.loss", "model.parameters()")])]


@writes(M1M2)
def m1_m2(model: M1M2, page: Page) -> list[Stage]:
    """A VAE first; then M2 on its codes."""
    page.without_chance("m1-m2")
    if type(model.encoder) is not MlpEncoder or type(model.classifier) is not MlpEncoder:
        raise no_code(f"a {type(model.encoder).__name__} in m1-m2")
    outer: Network = page.write(model.m1_encoder, decoder=model.decoder.outer, name="m1_", told=False)
    plain = ("torch", "gelu", "gelu")
    network: Network = page.write(model.encoder, decoder=model.decoder.inner, init=plain, told=True)
    page.layer(model.classifier, f"self.classifier = {chain(list(model.classifier.blocks), page)}")
    code: Any = model.m1_code
    page.layer(code, f"self.m1_mu = {linear(code.mu)}", f"self.m1_logvar = {linear(code.logvar)}")
    page.write(model.likelihood)
    page.write(model.code_likelihood, name="code_distortion", sigma="code_log_sigma")
    page.method(f'''
def m1(self, x):
    """q(z₁|x): μ and log σ², shape (B, D₁) each."""
    h = {outer.encode.format(x="x")}
    return self.m1_mu(h), bound_softly(self.m1_logvar(h))
''')
    page.method('''
def see(self, x):
    """What M2 reads: a sample of q(z₁|x) in training, its mean outside of it; M1 does not move."""
    with torch.no_grad():
        mu, logvar = self.m1(x)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu) if self.training else mu
''')
    page.method(f'''
def m1_loss(self, x, y):
    """The VAE below: distortion and rate of z₁."""
    mu, logvar = self.m1(x)
    z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
    raw = {outer.decode.format(z="z", x="x")}
    return self.distortion(raw, x).mean() + gaussian_kl(mu, logvar).sum(1).mean()
''')
    semi_supervised(model, page, network, f"self.code_distortion({network.decode.format(z='z', x='x')}, x)")
    mine = ("m1_encoder", "m1_decoder", "m1_mu", "m1_logvar", "raw_log_sigma")
    of = '[p for name, p in model.named_parameters() if name.split(".")[0] {} below]'
    return [
        Stage("parts", solve=[f"below = {mine}"]),
        Stage("m1", [Player("loss", "model.m1_loss", of.format("in"))]),
        *remember(page),
        Stage("m2", [Player("loss", "model.loss", of.format("not in"))]),
    ]
