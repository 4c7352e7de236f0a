"""Models whose training has a closed form: PCA, and a prior of pseudo-inputs that start as examples."""

from __future__ import annotations

from aecore.scripts.bottlenecks import LOG_NORMAL
from aecore.scripts.loop import Stage
from aecore.scripts.models import descent, loss, parts
from aecore.scripts.page import Page, no_code, shape, writes
from aecore.stages.vamp_prior import VampPrior
from aecore.variants.linear import NO_VARIANCE, Linear

EXACT = 4096  # numbers in an example, up to which all components are computed


@writes(Linear)
def linear(model: Linear, page: Page) -> list[Stage]:
    """The eigenvectors of the covariance as both layers."""
    if page.spec.size > EXACT:
        raise no_code(f"the components of examples of more than {EXACT} numbers")
    loss(model, page, *parts(model, page))
    flat = (
        "torch.bernoulli(x_train.flatten(1))"
        if page.config.get("binarise") == "dynamic"
        else "x_train.flatten(1)"
    )
    scale = (
        f"scale = torch.where(variances > {NO_VARIANCE} * variances[0], variances, 1.0).sqrt().float()"
        if model.whiten
        else f"scale = torch.ones({model.latent_dim})"
    )
    lines = [
        "with torch.no_grad():  # Pearson (1901): the best plane is that of the covariance's eigenvectors",
        f"    flat = {flat}",
        "    mean = flat.mean(0)",
        "    centred = (flat - mean).double()",
        "    values, vectors = torch.linalg.eigh(centred.T @ centred / len(flat))  # ascending",
        f"    v = vectors.flip(1).T[:{model.latent_dim}].float()  # (D, numbers of an example)",
        "    largest = v.gather(1, v.abs().argmax(1, keepdim=True))",
        "    v = torch.where(largest < 0, -v, v)  # a component and its opposite are one: choose",
        f"    variances = values.flip(0)[:{model.latent_dim}].clamp(min=0)",
        f"    {scale}",
        "    model.code.weight.copy_(v / scale[:, None])",
        "    model.code.bias.copy_(-(v @ mean) / scale)",
        "    model.decoder[0].weight.copy_(v.T * scale)",
        "    model.decoder[0].bias.copy_(mean)",
        "    model.eval()",
        '    print(f"solved: loss {model.loss(x_train).item():.7g}")',
    ]
    return [Stage("solve", solve=lines)]


@writes(VampPrior)
def vamp_prior(model: VampPrior, page: Page) -> list[Stage]:
    """A prior that is the mixture of the posteriors of learned pseudo-inputs."""
    page.imported("import math")
    page.helper(LOG_NORMAL)
    network, posterior = parts(model, page)
    count = len(model.pseudo_inputs)
    size = shape((count, *page.spec.shape))
    page.layer(model.pseudo_inputs, f"self.pseudo_inputs = nn.Parameter(torch.rand{size})")
    inputs = "self.pseudo_inputs" if page.spec.values == "real" else "self.pseudo_inputs.clamp(0, 1)"
    page.method(f'''
def log_prior(self, z):
    """log p(z) = log 1/K Σ_k q(z|u_k), shape (B,): Tomczak & Welling (2018), eq. 9, https://arxiv.org/abs/1705.07120."""
    mu, logvar = self.posterior({inputs})
    return log_normal(z[:, None], mu, logvar).logsumexp(1) - math.log({count})
''')
    posterior.rate = "log_normal(z, mu, logvar) - self.log_prior(z)  # log q(z|x) − log p(z)"
    loss(model, page, network, posterior)
    start = [
        "with torch.no_grad():  # pseudo-inputs start as training examples",
        f"    model.pseudo_inputs.copy_(x_train[torch.randperm(len(x_train))[:{count}]])",
    ]
    return [Stage("pseudo-inputs", solve=start), *descent(page)]
