"""Networks of sequences: recurrent ones and transformers, over rows, steps or tokens."""

from __future__ import annotations

from torch import nn

from aecore.data import DataSpec
from aecore.nets.recurrent import Layer, RecurrentDecoder, RecurrentEncoder, reverse
from aecore.nets.sequences import numbers_of
from aecore.nets.transformer import Block, TransformerDecoder, TransformerEncoder
from aecore.scripts.layers import layer_of
from aecore.scripts.page import Network, Page, no_code, number, writes

STEPS = {
    "image": "{x}.movedim(2, 1).flatten(2)  # rows are steps, the top one first",
    "series": "torch.cat([{x}[..., :-1], ({x}[..., -1:] > 0.5).float()], 2)  # there or not",
    "tokens": "{x}",
}
LENGTHS = {
    "series": "lengths = (x[..., -1] > 0.5).sum(1).clamp(min=1)",
    "tokens": "lengths = ((x == 0).cumsum(1) == 0).sum(1).clamp(min=1)",
}


def _steps(spec: DataSpec, x: str = "x") -> str:
    return STEPS[spec.kind].format(x=x)


def _alone(what: str, name: str, levels: bool, page: Page) -> str:
    """What is handed on beside x and z.

    Raises:
        UserError: If it is one of several networks, or asked for its levels.
    """
    if levels or name:
        raise no_code(f"{what} in {page.config['variant']}")
    return page.passed


def _whole(spec: DataSpec) -> str:
    """What makes examples of all their steps."""
    if spec.kind != "image":
        return ""
    rest = (spec.shape[0], spec.shape[2])
    return f".unflatten(2, {rest}).movedim(1, 2)"


@writes(RecurrentEncoder)
def recurrent(
    encoder: RecurrentEncoder, page: Page, *, decoder: nn.Module, name: str = "", levels: bool = False
) -> Network:
    """The state after the last step; and all steps from the code."""
    if type(decoder) is not RecurrentDecoder:
        raise no_code(type(decoder).__name__)
    spec, told = page.spec, _alone("a recurrent network", name, levels, page)
    made = []
    if spec.kind == "tokens":
        made.append(f"self.embed = {layer_of(encoder.reader.embed)}")
    layers = [layer for layer in encoder.layers if isinstance(layer, Layer)]
    both = len(layers[0].ways) == 2
    cells = [[layer_of(way) for way in layer.ways] for layer in layers]
    rows = "".join(f"    {cell},\n" for ways in cells for cell in ways)
    made.append(f"self.readers = nn.ModuleList([\n{rows}])")
    page.layer(encoder, *made)
    drop = f"F.dropout({{}}, {number(encoder.dropout.p)}, self.training)" if encoder.dropout.p else "{}"
    body = [f"h = {'self.embed(x)' if spec.kind == 'tokens' else _steps(spec)}"]
    if page.told:
        body.append("h = torch.cat([h, y[:, None].expand(-1, h.shape[1], -1)], 2)")
    body += [LENGTHS[spec.kind]] if spec.kind in LENGTHS else []
    if both:
        page.take(reverse)
        if spec.kind == "image":
            body.append("lengths = torch.full((len(x),), h.shape[1])")
        body += [
            "for ahead, back in zip(self.readers[::2], self.readers[1::2]):",
            "    forwards, backwards = ahead(h)[0], reverse(back(reverse(h, lengths))[0], lengths)",
            f"    h = {drop.format('torch.cat([forwards, backwards], 2)')}",
            "ahead, back = h.chunk(2, 2)",
            "return torch.cat([ahead[torch.arange(len(h)), lengths - 1], back[:, 0]], 1)",
        ]
    else:
        body += ["for cell in self.readers:", f"    h = {drop.format('cell(h)[0]')}"]
        body.append(
            "return h[:, -1]" if spec.kind == "image" else "return h[torch.arange(len(h)), lengths - 1]"
        )
    page.method(_method(f"read(self, x{told})", "The state after the last step, shape (B, units).", body))
    _recurrent_decoder(decoder, page)
    down = ("start", "writers", "output")
    return Network("self.read({x}" + told + ")", "self.write({z}" + told + ")", ("embed", "readers"), down)


def _recurrent_decoder(decoder: RecurrentDecoder, page: Page) -> None:
    cells = "".join(f"    {layer_of(cell)},\n" for cell in decoder.layers)
    page.layer(
        decoder,
        f"self.start = {layer_of(decoder.start)}",
        f"self.writers = nn.ModuleList([\n{cells}])",
        f"self.output = {layer_of(decoder.writer.output)}",
    )
    lstm = isinstance(decoder.layers[0], nn.LSTM)
    state = (
        "(start[None].contiguous(), torch.zeros_like(start)[None])" if lstm else "start[None].contiguous()"
    )
    out = f"cell(h, {state})[0]"
    drop = f"F.dropout({out}, {number(decoder.dropout.p)}, self.training)" if decoder.dropout.p else out
    body = [
        *(["z = torch.cat([z, y], 1)"] if page.told else []),
        f"h = z[:, None].expand(-1, {decoder.steps}, -1)  # every step reads the code",
        f"starts = torch.tanh(self.start(z)).chunk({len(decoder.layers)}, 1)",
        "for cell, start in zip(self.writers, starts):",
        f"    h = {drop}",
        f"return self.output(h){_whole(page.spec)}",
    ]
    page.method(_method(f"write(self, z{page.passed})", "All steps, from a state that the code makes.", body))


@writes(TransformerEncoder)
def transformer(
    encoder: TransformerEncoder, page: Page, *, decoder: nn.Module, name: str = "", levels: bool = False
) -> Network:
    """Steps that see each other, pooled to the code; and a decoder that sees what stands before."""
    if type(decoder) is not TransformerDecoder:
        raise no_code(type(decoder).__name__)
    spec, width, told = page.spec, encoder.widths[-1], _alone("a transformer", name, levels, page)
    page.take(Block)
    block = page.taken[Block]
    steps = spec.shape[spec.step_axis - 1]
    page.layer(
        encoder,
        f"self.reads = nn.ModuleList({_block(block, encoder.blocks)} for _ in range({len(encoder.blocks)}))",
        f"self.embed = {_embedding(spec, width)}",
        f"self.read_places = nn.Parameter(0.5 * torch.randn({steps}, {width}))",
        *([f"self.read_told = {layer_of(encoder.told)}"] if encoder.told is not None else []),
        f"self.read_norm = nn.LayerNorm({width})",
    )
    drop = f"F.dropout({{}}, {number(encoder.dropout.p)}, self.training)" if encoder.dropout.p else "{}"
    body = [*_shown(spec, "h", "self.embed", "x"), "h = h + self.read_places"]
    body += ["h = h + self.read_told(y)[:, None]"] if page.told else []
    body += [f"h = {drop.format('h')}"] if encoder.dropout.p else []
    if spec.kind == "image":
        body += ["for block in self.reads:", "    h = block(h)", "return self.read_norm(h.mean(1))"]
    else:
        body += [
            LENGTHS[spec.kind],
            "present = torch.arange(h.shape[1]) < lengths[:, None]  # (B, T)",
            "for block in self.reads:",
            "    h = block(h, present)",
            "return self.read_norm((h * present[..., None]).sum(1) / lengths[:, None])",
        ]
    page.method(
        _method(f"read(self, x{told})", "The mean over the steps that are there, shape (B, width).", body)
    )
    _transformer_decoder(decoder, page, block, steps)
    up = ("reads", "embed", "read_places", "read_told", "read_norm")
    down = ("writes", "embed_before", "write_places", "code_told", "write_norm", "output")
    return Network("self.read({x}" + told + ")", "self.write({z}, {x}" + told + ")", up, down, causal=True)


def _transformer_decoder(decoder: TransformerDecoder, page: Page, block: str, steps: int) -> None:
    spec, width = page.spec, decoder.norm.normalized_shape[0]
    page.imported("from torch.nn import functional as F")
    page.layer(
        decoder,
        f"self.writes = nn.ModuleList({_block(block, decoder.blocks)} for _ in range({len(decoder.blocks)}))",
        f"self.embed_before = {_embedding(spec, width)}",
        f"self.write_places = nn.Parameter(0.5 * torch.randn({steps}, {width}))",
        f"self.code_told = {layer_of(decoder.code)}",
        f"self.write_norm = nn.LayerNorm({width})",
        f"self.output = {layer_of(decoder.writer.output)}",
    )
    drop = f"F.dropout({{}}, {number(decoder.dropout.p)}, self.training)" if decoder.dropout.p else "{}"
    body = [*_shown(spec, "before", "self.embed_before", "given"), "before = before[:, :-1]"]
    if decoder.word_dropout:
        body += [
            "if self.training:",
            f"    shown = torch.rand(before.shape[:2]) >= {number(decoder.word_dropout)}",
            "    before = before * shown[..., None]",
        ]
    code = "torch.cat([z, y], 1)" if page.told else "z"
    body += [
        "h = F.pad(before, (0, 0, 1, 0)) + self.write_places  # nothing stands before the first step",
        f"h = {drop.format(f'h + self.code_told({code})[:, None]')}",
        "for block in self.writes:",
        "    h = block(h)",
        f"return self.output(self.write_norm(h)){_whole(spec)}",
    ]
    page.method(
        _method(
            f"write(self, z, given{page.passed})", "Each step, from the code and the steps before it.", body
        )
    )


def _block(name: str, blocks: nn.ModuleList) -> str:
    first = blocks[0]
    assert isinstance(first, Block)
    of = first.attention
    return f"{name}({of.output.in_features}, {of.heads}, {number(first.dropout.p)}, {of.causal})"


def _embedding(spec: DataSpec, width: int) -> str:
    wide = numbers_of(spec)
    return (
        f"nn.Embedding({wide}, {width})"
        if spec.kind == "tokens"
        else f"nn.Linear({wide}, {width}, bias=False)"
    )


def _shown(spec: DataSpec, name: str, embed: str, x: str) -> list[str]:
    if spec.kind == "tokens":
        return [f"{name} = {embed}({x})"]
    return [f"{name} = {_steps(spec, x)}", f"{name} = {embed}({name})"]


def _method(signature: str, docstring: str, body: list[str]) -> str:
    return "\n".join([f"def {signature}:", f'    """{docstring}"""', *(f"    {line}" for line in body)])
