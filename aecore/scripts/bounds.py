"""The importance-weighted bound."""

from __future__ import annotations

from aecore.bottlenecks import DiagonalGaussian
from aecore.objectives import ImportanceBound
from aecore.scripts.bottlenecks import LOG_NORMAL
from aecore.scripts.likelihoods import constants_of
from aecore.scripts.objectives import Around, Term
from aecore.scripts.page import Page, no_code, writes


@writes(ImportanceBound)
def importance(term: ImportanceBound, page: Page, *, around: Around) -> Term:
    """K codes an example."""
    if type(page.model.bottleneck) is not DiagonalGaussian or page.told:
        raise no_code("importance weights of a posterior that is not Gaussian, or told something")
    page.imported("import math")
    page.helper(LOG_NORMAL)
    k, constants = term.samples, constants_of(page.model.likelihood, page)
    nll = "self.distortion({raw}, {x})" + (f" + {constants}" if constants else "")
    many = f"x.repeat({k - 1}, *[1] * (x.dim() - 1))"
    lines = [f"nll = ({nll.format(raw='raw', x='x')})[None]"]
    if k > 1:
        constants = constants.replace("x[", "times[")
        decoded = around.network.decode.format(z="more.flatten(0, 1)", x="times")
        others = "self.distortion(raw, times)" + (f" + {constants}" if constants else "")
        lines += [
            "sigma = torch.exp(0.5 * logvar)",
            f"more = torch.stack([mu + sigma * torch.randn_like(mu) for _ in range({k - 1})])",
            f"times = {many}",
            f"raw = {decoded}",
            f"nll = torch.cat([nll, ({others}).unflatten(0, ({k - 1}, -1))])  # (K, B)",
        ]
    lines.append("codes = torch.cat([z[None], more])  # (K, B, D)" if k > 1 else "codes = z[None]")
    if term.gradient == "dreg":
        lines += [
            "log_w = log_normal(codes) - log_normal(codes, mu.detach(), logvar.detach()) - nll",
            "share = log_w.detach().softmax(0)  # w̃, (K, B)",
            "if z.requires_grad:  # the second w̃, before it reaches the encoder",
            f"    for each, of_each in zip(({'z, more' if k > 1 else 'z,'}), (share[0], share[1:])):",
            "        each.register_hook(lambda slope, of_each=of_each: of_each[..., None] * slope)",
            "surrogate = -(share * log_w).sum(0)",
            f"bound = math.log({k}) - log_w.detach().logsumexp(0) + surrogate - surrogate.detach()",
        ]
    else:
        lines += [
            "# log p(z) + log p(x|z) − log q(z|x), (K, B)",
            "log_w = log_normal(codes) - log_normal(codes, mu, logvar) - nll",
            f"bound = math.log({k}) - log_w.logsumexp(0)  # (B,)",
        ]
    source = "Burda et al. (2016), eq. 8. https://arxiv.org/abs/1509.00519"
    if term.gradient == "dreg":
        source += "; Tucker et al. (2019), eq. 8. https://arxiv.org/abs/1810.04152"
    return Term("−log 1/K Σ_k w_k", "bound", lines, source=source)
