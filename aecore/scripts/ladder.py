"""A code of several levels, each drawn given the one above."""

from __future__ import annotations

from aecore.bottlenecks import Ladder
from aecore.scripts.bottlenecks import gaussian_head
from aecore.scripts.layers import chain, layer_of
from aecore.scripts.loop import Stage
from aecore.scripts.models import descent, loss
from aecore.scripts.page import Network, Page, Posterior, no_code, writes
from aecore.variants.ladder_vae import LadderVAE, Lowest


@writes(Ladder)
def ladder(of: Ladder, page: Page, *, network: Network) -> Posterior:
    """A way up without chance, and a way down that posterior and prior share."""
    gaussian_head(page)
    down = "".join(f"    {chain([each], page)},\n" for each in of.down)
    climb = "".join(f"    {chain([each], page)},\n" for each in of.climb)
    up = "".join(f"    {layer_of(each)},\n" for each in of.up)
    page.layer(of.down, f"self.down = nn.ModuleList([\n{down}])")
    page.layer(of.climb, f"self.climb = nn.ModuleList([\n{climb}])")
    page.layer(of.up, f"self.up = nn.ModuleList([\n{up}])")
    page.helper('''
def gaussian(both):
    """μ and log σ² of two halves of some features."""
    mu, logvar = both.chunk(2, -1)
    return mu, bound_softly(logvar)
''')
    page.method(f'''
def posterior(self, x):
    """What every level's features say of its code, N(μ̂, σ̂²), the lowest level first."""
    levels = {network.encode.format(x="x")}[-{len(of.sizes)}:]
    for layer in self.climb:
        levels = [*levels, layer(levels[-1])]
    return [gaussian(up(h)) for up, h in zip(self.up, levels)]
''')
    page.method('''
def descend(self, ups):
    """A code of each level, drawn given the one above, and its KL by dimension; the lowest level first.

    Sønderby et al. (2016), section 2: precisions add, means are weighted by them. https://arxiv.org/abs/1602.02282
    """
    z, kl = [], []
    for level in reversed(range(len(ups))):
        mu, logvar = ups[level]
        if z:  # p(z_l|z_{l+1}), and both opinions as one
            prior_mu, prior_logvar = gaussian(self.down[level](z[0]))
            a, b = (-logvar).exp(), (-prior_logvar).exp()
            mu, logvar = (mu * a + prior_mu * b) / (a + b), -(a + b).log()
        else:
            prior_mu, prior_logvar = torch.zeros_like(mu), torch.zeros_like(mu)
        z.insert(0, mu + torch.exp(0.5 * logvar) * torch.randn_like(mu))
        kl.insert(0, gaussian_kl((mu - prior_mu) * (-0.5 * prior_logvar).exp(), logvar - prior_logvar))
    return z, torch.cat(kl, 1)
''')
    return Posterior(
        ("ups",),
        ["levels, kl = self.descend(ups)", "z = levels[0]  # what the decoder reads"],
        "z",
        "kl.sum(1)",
    )


@writes(LadderVAE)
def ladder_vae(model: LadderVAE, page: Page) -> list[Stage]:
    """A decoder that reads the lowest level alone."""
    if not isinstance(model.decoder, Lowest):
        raise no_code(type(model.decoder).__name__)
    network: Network = page.write(model.encoder, decoder=model.decoder.decoder, levels=True)
    posterior: Posterior = page.write(model.bottleneck, network=network)
    page.write(model.likelihood)
    loss(model, page, network, posterior)
    return descent(page)
