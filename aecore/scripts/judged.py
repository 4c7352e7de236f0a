"""Reconstructions that a network judges: a classifier trained first, or a discriminator that learns too."""

from __future__ import annotations

from aecore.data import Split
from aecore.nets.classifier import Classifier, fit_classifier
from aecore.nets.discriminator import Discriminator
from aecore.objectives import Perceptual
from aecore.scripts.likelihoods import mean_of
from aecore.scripts.loop import Player, Stage
from aecore.scripts.models import descent, loss, parts
from aecore.scripts.page import Network, Page, no_code, number, shape, writes
from aecore.stages.vae_gan import VaeGan
from aecore.variants.perceptual_vae import SEEN, Judged

FEATURES = '''
def features(self, x):
    """What the judge sees, level by level."""
    return self.judge[0].features(x)
'''

DISTANCE = '''
def feature_distance(self, x, target):
    """½ Σ_l ‖φ_l(x) − φ_l(x̂)‖² of each example, shape (B,)."""
    pairs = zip(self.features(x), self.features(target))
    return sum(0.5 * (a - b.detach()).square().flatten(1).sum(1) for a, b in pairs)
'''


def _spec(page: Page, classes: tuple[str, ...]) -> None:
    """Adds ``data``: what a classifier asks of the data."""
    page.imported("from types import SimpleNamespace")
    about = f'name="{page.spec.name}", shape={shape(page.spec.shape)}'
    page.helper(f"data = SimpleNamespace({about}, classes={classes!r})")


@writes(Judged)
def judged(model: Judged, page: Page) -> list[Stage]:
    """A VAE whose reconstructions are compared by features or by structure."""
    judges = [term.judge for term in model.objective.terms if isinstance(term, Perceptual)]
    if not judges:
        loss(model, page, *parts(model, page))
        return descent(page)
    judge = judges[0]
    if type(judge) is not Classifier:
        raise no_code(type(judge).__name__)
    page.take(Split, Classifier, fit_classifier)
    page.labels = True
    _spec(page, tuple(page.spec.classes))
    page.layer(judge, "self.judge = (Classifier(data),)  # in a tuple it is no part of the model")
    page.method(FEATURES)
    page.method(DISTANCE)
    loss(model, page, *parts(model, page))
    fit = [
        f"epochs = 2 + {SEEN} // len(x_train)",
        "fit_classifier(model.judge[0], Split(x_train, y_train), epochs=epochs)  # first the judge,",
        "model.judge[0].requires_grad_(False)  # which then stands still",
    ]
    return [Stage("classifier", solve=fit), *descent(page)]


@writes(VaeGan)
def vae_gan(model: VaeGan, page: Page) -> list[Stage]:
    """Three players, each with a loss of its own and fresh noise."""
    page.without_chance("vae-gan")
    critic = model.discriminator
    if type(critic) is not Discriminator:
        raise no_code(type(critic).__name__)
    page.take(Classifier)
    page.imported("from torch.nn.functional import softplus")
    _spec(page, ("real",))
    page.layer(critic, "self.discriminator = Classifier(data)  # one class: real")
    network, posterior = parts(model, page)
    if network.causal:
        raise no_code("a decoder that writes step by step in vae-gan")
    page.method(
        "def features(self, x):\n"
        '    """The discriminator\'s last feature maps: the one level that is compared."""\n'
        "    return self.discriminator.features(x)[-2:-1]"
    )
    page.method(DISTANCE)
    loss(model, page, network, posterior)
    _others(model, page, network)
    chosen = '{0} = [p for name, p in model.named_parameters() if name.split(".")[0] in {1}]'
    mine = [
        chosen.format("encoders", (*network.up, "mu", "logvar")),
        chosen.format("decoders", (*network.down, "raw_log_sigma")),
    ]
    players = [
        Player("encoder", "model.loss", "encoders"),
        Player("decoder", "model.decoder_loss", "decoders"),
        Player("discriminator", "model.discriminator_loss", "list(model.discriminator.parameters())"),
    ]
    return [Stage("players", solve=mine), Stage("train", players, relative=True)]


def _others(model: VaeGan, page: Page, network: Network) -> None:
    mean = mean_of(model.likelihood, page).format(raw="raw")
    decoded = network.decode.format(z="torch.cat([z, torch.randn_like(z)])", x="x")
    page.method(f'''
def made(self, x):
    """Examples rebuilt and examples from the prior, on fresh noise."""
    mu, logvar = self.posterior(x)
    z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
    raw = {decoded}
    return {mean}.chunk(2)
''')
    page.method(f'''
def decoder_loss(self, x):
    """The decoder's: features, and deceiving; Larsen et al. (2016), algorithm 1, but −log D."""
    rebuilt, invented = self.made(x)
    caught = softplus(-self.discriminator(rebuilt)[:, 0]) + softplus(-self.discriminator(invented)[:, 0])
    return {number(model.gamma)} * self.feature_distance(rebuilt, x).mean() + caught.mean()
''')
    page.method(f'''
def discriminator_loss(self, x):
    """The discriminator's: telling real examples from made ones; it waits where it does so too well."""
    with torch.no_grad():
        rebuilt, invented = self.made(x)
    real = self.discriminator(x)[:, 0]
    fake = self.discriminator(torch.cat([rebuilt, invented]))[:, 0]
    right = 0.5 * ((real > 0).float().mean() + (fake < 0).float().mean())
    loss = softplus(-real).mean() + 2 * softplus(fake).mean()
    return (right <= {number(model.ceiling)}).float() * loss
''')
