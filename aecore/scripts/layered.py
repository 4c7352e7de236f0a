"""Perceptrons trained layer by layer: pretrained greedily, or grown."""

from __future__ import annotations

from aecore.bottlenecks import Point
from aecore.corruptions import masking
from aecore.scripts.layers import chain, linear
from aecore.scripts.loop import Player, Stage
from aecore.scripts.models import loss
from aecore.scripts.networks import initialised
from aecore.scripts.page import Network, Page, Posterior, no_code, number, shape, writes
from aecore.stages.boltzmann import Boltzmann
from aecore.stages.grown import Grown, resized
from aecore.stages.layers import Layered
from aecore.stages.stacked import Stacked


def layers(model: Layered, page: Page) -> tuple[Network, Posterior]:
    """Writes the layers by name: ``up``, ``code`` and ``down``, its last the output; and the likelihood."""
    if type(model.bottleneck) is not Point or model.bottleneck.code != "linear":
        raise no_code("a layered network with another code than a linear one")
    up = "".join(f"    {chain([block], page)},\n" for block in model.encoder.blocks)
    down = "".join(
        f"    {chain([block], page)},\n" for block in [*model.decoder.blocks, model.decoder.output]
    )
    page.layer(model.encoder, f"self.up = nn.ModuleList([\n{up}])", *initialised(page, "self.up", 0))
    page.layer(model.bottleneck.z, f"self.code = {linear(model.bottleneck.z)}")
    page.layer(model.decoder, f"self.down = nn.ModuleList([\n{down}])", *initialised(page, "self.down", 1))
    page.write(model.likelihood)
    return Network("", "self.decode({z})", ("up",), ("down",)), Posterior(("z",), [], "z")


def _shaped(page: Page) -> str:
    """What makes an example of the output's numbers."""
    return f".unflatten(1, {shape(page.spec.shape)})"


@writes(Stacked)
def stacked(model: Stacked, page: Page) -> list[Stage]:
    """One layer at a time, then all of them together."""
    page.without_chance("a stacked autoencoder")
    network, posterior = layers(model, page)
    page.method('''
def posterior(self, x):
    """The code of each example, shape (B, D)."""
    h = x.flatten(1)
    for layer in self.up:
        h = layer(h)
    return self.code(h)
''')
    page.method(f'''
def decode(self, z):
    """What the likelihood reads of codes."""
    for layer in self.down:
        z = layer(z)
    return z{_shaped(page)}
''')
    loss(model, page, network, posterior)
    train = Stage("train", [Player("loss", "model.loss", "model.parameters()")])
    if model.pretraining == "none":
        return [train]
    page.imported("from functools import partial")
    page.method('''
def level(self, x, k):
    """What layer k reads: the example, flat, or features of the layers below, which stand still."""
    h = x.flatten(1)
    with torch.no_grad():
        for layer in self.up[:k]:
            h = layer(h)
    return h
''')
    page.method(f'''
def layer(self, k):
    """Layer k, of which the last is the code's, and its mirror."""
    return [*self.up, self.code][k], self.down[{model.depth} - k]
''')
    pretraining = _autoencoders if model.pretraining == "autoencoders" else _machines
    return [*pretraining(model, page), train]


def _autoencoders(model: Stacked, page: Page) -> list[Stage]:
    read = "h"
    if model.noise:
        page.take(masking)
        read = f"masking(h, {number(model.noise)})"
    page.method(f'''
def layer_loss(self, k, x):
    """How ill the mirror of layer k gives back what the layer reads: Bengio et al. (2007), section 3.1."""
    h = self.level(x, k)
    up, down = self.layer(k)
    back = down(up({read}))
    if k:
        return 0.5 * (back - h).square().sum(1).mean()
    return self.distortion(back{_shaped(page)}, x).mean()
''')
    sigma = " + [model.raw_log_sigma]" if list(model.likelihood.parameters()) else ""
    each = "[p for layer in model.layer({0}) for p in layer.parameters()]{1}"
    return [
        Stage(
            f"layer {k + 1}",
            [Player("loss", f"partial(model.layer_loss, {k})", each.format(k, "" if k else sigma))],
        )
        for k in range(model.depth + 1)
    ]


def _machines(model: Stacked, page: Page) -> list[Stage]:
    page.take(Boltzmann)
    real = page.spec.values not in ("binary", "unit")
    visible = '"bernoulli" if k else "gaussian"' if real else '"bernoulli"'
    page.method('''
def linears(self, k):
    """The linear map of layer k, and that of its mirror."""
    return [next(m for m in each.modules() if isinstance(m, nn.Linear)) for each in self.layer(k)]
''')
    page.method(f'''
def layer_loss(self, k, x):
    """Layer k as a restricted Boltzmann machine: contrastive divergence (Hinton 2002, eq. 5)."""
    up, down = self.linears(k)
    visible = {visible}
    hidden = "bernoulli" if k < {model.depth} else "gaussian"
    machine = Boltzmann(up.weight, down.bias, up.bias, visible, hidden)
    return machine.losses(self.level(x, k), {model.cd_steps}).loss
''')
    page.method('''
def of_machine(self, k):
    """The parameters of layer k as a machine: its weights, its bias, and the bias of its mirror."""
    up, down = self.linears(k)
    return [*up.parameters(), down.bias]
''')
    unroll = [
        "with torch.no_grad():  # mirrors get their layers' weights (Hinton & Salakhutdinov 2006)",
        f"    for k in range({model.depth + 1}):",
        "        up, down = model.linears(k)",
        "        down.weight.copy_(up.weight.T)",
    ]
    stages = [
        Stage(f"layer {k + 1}", [Player("loss", f"partial(model.layer_loss, {k})", f"model.of_machine({k})")])
        for k in range(model.depth + 1)
    ]
    return [*stages, Stage("unroll", solve=unroll)]


@writes(Grown)
def grown(model: Grown, page: Page) -> list[Stage]:
    """Shallow at first, each further layer faded in."""
    page.without_chance("a grown autoencoder")
    page.asks("progress")
    page.imported("from functools import partial", "from torch.nn import functional as F")
    page.take(resized)
    network, posterior = layers(model, page)
    depth, widths = model.depth, tuple(model.encoder.widths)
    page.method(f'''
def posterior(self, x):
    """The code of each example, shape (B, D), with so many layers grown; the last of them fades in."""
    h = x.flatten(1)
    for layer in self.up[: self.grown]:
        below, h = h, layer(h)
    h = resized(h, {widths[-1]})
    if self.mixed < 1 and self.grown > 1:
        h = self.mixed * h + (1 - self.mixed) * resized(below, {widths[-1]})
    return self.code(h)
''')
    first = "self.down[0](z)" if depth else "z"
    page.method(f'''
def decode(self, z):
    """What the likelihood reads of codes: the same layers mirrored."""
    widths, h = {widths}, {first}
    for k in range(self.grown - 1, 0, -1):
        through = self.down[{depth} - k](resized(h, widths[k]))
        if k == self.grown - 1 and self.mixed < 1:
            through = self.mixed * through + (1 - self.mixed) * resized(h, widths[k - 1])
        h = through
    return self.down[-1]({"resized(h, widths[0])" if depth else "h"}){_shaped(page)}
''')
    loss(model, page, network, posterior)
    page.method(f'''
def grown_loss(self, grown, x, progress=1.0):
    """The loss with so many layers grown, the last of them as far as the progress says."""
    self.grown = grown
    self.mixed = min(1.0, progress / {number(model.fade)}) if grown > 1 else 1.0
    return self.loss(x)
''')
    sigma = ", model.raw_log_sigma" if list(model.likelihood.parameters()) else ""
    page.method(f'''
def active(self, grown):
    """The parameters in use with so many layers grown."""
    mirrored = [self.down[{depth} - k] for k in range(max(grown, 1))]
    used = dict.fromkeys([*self.up[:grown], self.code, {"self.down[0], " if depth else ""}*mirrored])
    return [p for layer in used for p in layer.parameters()]{"+ [self.raw_log_sigma]" if sigma else ""}
''')
    depths = range(1, depth + 1) or range(1)
    return [
        Stage(f"depth {k}", [Player("loss", f"partial(model.grown_loss, {k})", f"model.active({k})")])
        for k in depths
    ]
