"""A code of slots, each one of the vectors of a codebook, and the prior over their indices."""

from __future__ import annotations

from torch import nn

from aecore.bottlenecks import VectorQuantizer
from aecore.nets.causal import CausalTransformer
from aecore.objectives import Codebook, Commitment
from aecore.scripts.layers import linear
from aecore.scripts.loop import Player, Stage
from aecore.scripts.models import loss
from aecore.scripts.objectives import Around, Term
from aecore.scripts.page import Network, Page, Posterior, number, writes
from aecore.stages.quantised import Quantised

METHODS = ("in_slots", "nearest", "lookup", "_distances", "_start", "_learn", "_assigned")
"""Of our own codebook, as they are."""


@writes(VectorQuantizer)
def vector_quantizer(of: VectorQuantizer, page: Page, *, encode: str) -> Posterior:
    """The nearest vectors, and a codebook that follows the codes."""
    page.take(CausalTransformer)
    page.take_methods("VectorQuantizer", _class(of), [getattr(VectorQuantizer, name) for name in METHODS])
    prior, width = of.prior, of.prior.places.shape[1]
    learned = [of.codebook] if isinstance(of.codebook, nn.Parameter) else []
    page.layer(
        [prior, *learned],
        f"self.prior = CausalTransformer({of.size}, {of.slots}, width={width}, layers={len(prior.blocks)})",
        "self.book = VectorQuantizer()",
    )
    page.layer(of.z, f"self.code = {linear(of.z)}")
    page.method(f'''
def posterior(self, x):
    """z_e, what the encoder wrote, and e, the vectors that replace it: shape (B, D) each."""
    h = {encode.format(x="x")}
    code = self.code(h)
    return code, self.book(code)
''')
    straight = "z = quantised.detach() + (code - code.detach())  # the gradient goes straight through to z_e"
    return Posterior(("code", "quantised"), [straight], "quantised")


def _class(of: VectorQuantizer) -> str:
    """The codebook's class, its numbers filled in, without the methods that are taken."""
    start = f"torch.randn({of.size}, {of.width})"
    book = (
        f"self.codebook = nn.Parameter({start})"
        if of.update == "gradient"
        else f'self.register_buffer("codebook", {start})'
    )
    return f'''class VectorQuantizer(nn.Module):
    """{of.size} vectors: van den Oord et al. (2017), appendix A.1. https://arxiv.org/abs/1711.00937"""

    def __init__(self):
        super().__init__()
        self.size, self.width, self.slots = {of.size}, {of.width}, {of.slots}
        self.update, self.decay, self.restart = "{of.update}", {number(of.decay)}, {number(of.restart)}
        {book}
        self.register_buffer("counts", torch.zeros({of.size}))  # codes a batch, averaged

    def forward(self, code):
        """The nearest vectors, shape (B, D); in training the codebook learns of the codes."""
        vectors = self.in_slots(code)
        seen = vectors.detach().flatten(0, 1)
        if self.training and not bool(self.counts.any()):
            self._start(seen)
        indices = self.nearest(vectors)
        quantised = self.lookup(indices)
        if self.training:
            self._learn(seen, indices.flatten())
        return quantised
'''


@writes(Codebook)
def codebook(term: Codebook, page: Page, *, around: Around) -> Term:
    """Vectors to their codes."""
    line = "pulled = (code.detach() - quantised).square().sum(1)  # the vectors to their codes, (B,)"
    return Term("‖sg[z_e] − e‖²", "pulled", [line])


@writes(Commitment)
def commitment(term: Commitment, page: Page, *, around: Around) -> Term:
    """Codes to their vectors."""
    line = "commitment = (code - quantised.detach()).square().sum(1)  # the codes to their vectors, (B,)"
    return Term("‖z_e − sg[e]‖²", "commitment", [line])


@writes(Quantised)
def quantised(model: Quantised, page: Page) -> list[Stage]:
    """Encoder, codebook and decoder; then, on codes that stand still, the prior."""
    page.without_chance("vq-vae")
    network: Network = page.write(model.encoder, decoder=model.decoder)
    posterior: Posterior = page.write(model.bottleneck, encode=network.encode)
    page.write(model.likelihood)
    loss(model, page, network, posterior)
    page.method(f'''
def prior_loss(self, x):
    """Cross-entropy of an example's indices, nats; nothing but the prior is moved."""
    with torch.no_grad():
        h = {network.encode.format(x="x")}
        indices = self.book.nearest(self.book.in_slots(self.code(h)))
    return -self.prior.log_prob(indices).mean()
''')
    mine = '[p for name, p in model.named_parameters() if not name.startswith("prior.")]'
    return [
        Stage("train", [Player("loss", "model.loss", mine)]),
        Stage("prior", [Player("prior", "model.prior_loss", "model.prior.parameters()")]),
    ]
