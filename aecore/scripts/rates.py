"""Models that are told β: every layer hears of it, and each example is trained at a price of its own."""

from __future__ import annotations

from torch import nn

from aecore.bottlenecks import DiagonalGaussian, RatedGaussian
from aecore.nets.conv import ConvDecoder, ConvEncoder
from aecore.nets.film import Chain, DecoderGate, EncoderGate, Film
from aecore.nets.mlp import MlpDecoder, MlpEncoder
from aecore.nets.rates import CodeGate, Eta, RateDecoder, RateEncoder, RateFeatures
from aecore.objectives import Prices
from aecore.scripts.bottlenecks import DRAW, RATE, gaussian_head
from aecore.scripts.layers import flat, layer_of, linear
from aecore.scripts.loop import Stage
from aecore.scripts.models import descent, loss
from aecore.scripts.page import Network, Page, Posterior, no_code, shape, writes
from aecore.stages.multi_rate import MultiRate


@layer_of.register
def _(layer: Film) -> str:
    return f"Film({layer.channels}, {layer.weight.shape[1]})"


@layer_of.register(EncoderGate)
@layer_of.register(DecoderGate)
def _(layer: EncoderGate | DecoderGate) -> str:
    return f"{type(layer).__name__}({layer.channels})"


def _chain(modules: list[nn.Module], page: Page) -> str:
    """Layers that hear what is told, one a line with what stands behind it."""
    rows: list[str] = []
    for layer in (each for module in modules for each in flat(module, page)):
        if not rows or layer.startswith(("nn.Linear", "nn.Conv", "nn.Upsample")):
            rows.append("")
        rows[-1] += f"{layer}, "
    return "Chain(\n" + "".join(f"    {row.rstrip()}\n" for row in rows) + ")"


@writes(RateEncoder)
def rate_network(encoder: RateEncoder, page: Page, *, decoder: nn.Module) -> Network:
    """A perceptron or convolutions that hear log β, behind a gate on the code where there is one."""
    if type(decoder) is not RateDecoder:
        raise no_code(type(decoder).__name__)
    if page.config.get("block", "plain") == "residual" or page.config.get("init", "torch") != "torch":
        raise no_code("residual blocks or --init in multi-rate-vae")
    up, down = encoder.encoder, decoder.decoder
    _parts(encoder, decoder, page)
    if isinstance(up, MlpEncoder) and isinstance(down, MlpDecoder):
        page.layer(up, f"self.encoder = {_chain(list(up.blocks), page)}")
        page.layer(down, f"self.decoder = {_chain([down.blocks, down.output], page)}")
        read, write = (
            "self.encoder(x.flatten(1), told)",
            f"self.decoder(z, told).unflatten(1, {shape(down.shape)})",
        )
    elif isinstance(up, ConvEncoder) and isinstance(down, ConvDecoder):
        page.layer(up, f"self.halve = {_chain(list(up.downs), page)}", f"self.top = {_chain([up.top], page)}")
        page.layer(
            down, f"self.paint = {_chain([down.ups], page)}", f"self.grow = {_chain([down.grow], page)}"
        )
        read = "self.top(self.halve(x, told).flatten(1), told)"
        write = f"self.paint(self.grow(z, told).unflatten(1, {shape(down.seed_shape)}), told)"
    else:
        raise no_code(type(up).__name__)
    gated = ["z = z * self.gate(log_beta)"] if decoder.gate is not None else []
    lines = "".join(
        f"    {line}\n" for line in ["told = self.hear_below(log_beta)", *gated, f"return {write}"]
    )
    page.method(
        f'def decode(self, z, log_beta):\n    """What the likelihood reads of codes, told log β."""\n{lines}'
    )
    return Network(read, "self.decode({z}, log_beta)", ("encoder",), ("decoder",))


def _parts(encoder: RateEncoder, decoder: RateDecoder, page: Page) -> None:
    kind = type(encoder.hear)
    if kind not in (RateFeatures, Eta):
        raise no_code(kind.__name__)
    page.take(
        Chain, *((Film, RateFeatures, CodeGate) if kind is RateFeatures else (EncoderGate, DecoderGate, Eta))
    )
    low, high = page.config["beta_low"], page.config["beta_high"]
    page.layer(encoder.hear, f"self.hear_above = {kind.__name__}({low}, {high})")
    page.layer(decoder.hear, f"self.hear_below = {kind.__name__}({low}, {high})")
    if decoder.gate is not None:
        page.layer(decoder.gate, f"self.gate = CodeGate({page.model.latent_dim}, {low}, {high})")


@writes(MultiRate)
def multi_rate(model: MultiRate, page: Page) -> list[Stage]:
    """A β for every example, drawn at each step and told."""
    if type(model.prices) is not Prices:
        raise no_code(type(model.prices).__name__)
    page.without_chance("multi-rate-vae")
    network: Network = page.write(model.encoder, decoder=model.decoder)
    gaussian_head(page)
    told = "told = self.hear_above(log_beta)"
    head = _head(model, page)
    page.method(f'''
def posterior(self, x, log_beta):
    """q(z|x) = N(μ(x), diag σ²(x)), told log β: μ and log σ², shape (B, D) each."""
    {told}
    h = {network.encode}
    {head}
''')
    page.write(model.likelihood)
    page.imported("import math")
    page.asks("progress")
    page.take_methods("Prices", _prices(model.prices), [Prices.__call__])
    page.helper("prices = Prices()")
    many = model.betas_per_example
    before = [f"x = torch.cat([x] * {many}) if self.training else x"] if many > 1 else []
    before.append("log_beta = prices(len(x), x.device)[:, None]  # a price for each example, (B, 1)")
    posterior = Posterior(("mu", "logvar"), [DRAW], "mu", RATE)
    few = "0 if self.training else len(x)"
    report = f"torch.randn({few}, {model.latent_dim})  # Loupe draws these to report −ELBO"
    after = [report] if model.likelihood.proper else []
    loss(model, page, network, posterior, before=before, after=after, told=", log_beta")
    return descent(page)


def _head(model: MultiRate, page: Page) -> str:
    of = model.bottleneck
    if type(of) is RatedGaussian:
        page.layer(of.head, f"self.head = {linear(of.head)}")
        page.layer(of.film, f"self.head_film = {layer_of(of.film)}")
        page.layer(of.gate, f"self.head_gate = CodeGate({of.latent_dim}, {of.range[0]}, {of.range[1]})")
        return (
            "open_ = self.head_gate(log_beta)\n"
            "    mu, logvar = self.head_film(self.head(h), told).chunk(2, dim=1)\n"
            "    return mu * open_, bound_softly(logvar * open_, 6.0)"
        )
    if type(of) is not DiagonalGaussian:
        raise no_code(type(of).__name__)
    page.layer(of, f"self.mu = {linear(of.mu)}", f"self.logvar = {linear(of.logvar)}")
    return "return self.mu(h), bound_softly(self.logvar(h))"


def _prices(of: Prices) -> str:
    return f'''class Prices:
    """Draws log β of a batch from β = {of.low:g} to {of.high:g}: Bae et al. (2023), https://arxiv.org/abs/2212.03905."""

    low, high, margin, arcsine = {of.low}, {of.high}, {of.margin}, {of.arcsine}
'''
