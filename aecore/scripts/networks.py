"""Networks of numbers: perceptrons and convolutions, layer by layer."""

from __future__ import annotations

from torch import nn

from aecore.nets.conv import ConvDecoder, ConvEncoder
from aecore.nets.mlp import MlpDecoder, MlpEncoder
from aecore.nets.network import initialise
from aecore.scripts.layers import chain, flat, sequence
from aecore.scripts.page import Network, Page, no_code, shape, writes

TOLD = "torch.cat([{}, y], 1)"


@writes(MlpEncoder)
def mlp(
    encoder: MlpEncoder,
    page: Page,
    *,
    decoder: nn.Module,
    name: str = "",
    init: tuple[str, str, str] | None = None,
    told: bool | None = None,
    levels: bool = False,
) -> Network:
    """A perceptron and its mirror.

    Args:
        encoder: The way up.
        decoder: The way down.
        page: Where they are written.
        name: Before ``encoder`` and ``decoder``, where there are several.
        init: How weights are drawn, and what bends encoder and decoder; as configured if None.
        told: Whether both are told y; as the model is if None.
        levels: Whether all levels are asked for, as a list.
    """
    if type(decoder) is not MlpDecoder:
        raise no_code(type(decoder).__name__)
    told = page.told if told is None else told
    up, down = f"self.{name}encoder", f"self.{name}decoder"
    by, first, second = init or _init(page)
    if levels and len(encoder.blocks) > 1:
        rows = [sequence(list(flat(block, page))) for block in encoder.blocks]
        made = "nn.ModuleList([\n" + "".join(f"    {row},\n" for row in rows) + "])"
    else:
        made = chain(list(encoder.blocks), page, () if told else ("nn.Flatten()",))
    page.layer(encoder, f"{up} = {made}", *_initialised(page, up, by, first))
    flat_shape = f"nn.Unflatten(1, {shape(decoder.shape)})"
    after = (flat_shape,) if len(decoder.shape) > 1 else ()
    made = chain([decoder.blocks, decoder.output], page, after=after)
    page.layer(decoder, f"{down} = {made}", *_initialised(page, down, by, second))
    x = TOLD.format("{x}.flatten(1)") if told else "{x}"
    encode = f"{up}({x})"
    if levels and len(encoder.blocks) > 1:
        page.method(LEVELS.format(up=up, x=x.format(x="x"), y=", y" if told else ""))
        encode = "self.levels({x}" + (", y)" if told else ")")
    elif levels:
        encode = f"[{encode}]"
    decode = f"{down}({TOLD.format('{z}') if told else '{z}'})"
    return Network(encode, decode, (f"{name}encoder",), (f"{name}decoder",))


LEVELS = '''
def levels(self, x{y}):
    """Features of every hidden layer, the lowest first."""
    h, found = {x}.flatten(1), []
    for block in {up}:
        h = block(h)
        found.append(h)
    return found
'''


@writes(ConvEncoder)
def conv(
    encoder: ConvEncoder,
    page: Page,
    *,
    decoder: nn.Module,
    name: str = "",
    told: bool | None = None,
    levels: bool = False,
) -> Network:
    """Convolutions that halve, a dense layer, and their mirror image; arguments as of ``mlp``."""
    if type(decoder) is not ConvDecoder:
        raise no_code(type(decoder).__name__)
    told = page.told if told is None else told
    up, down = f"self.{name}encoder", f"self.{name}decoder"
    by, bend, _ = _init(page)
    parts = list(encoder.downs)
    names: tuple[str, ...] = (f"{name}encoder",)
    if levels or told:
        if by != "torch":
            raise no_code("--init with the levels of a convolutional network")
        rows = "".join(f"    {sequence(list(flat(part, page)))},\n" for part in parts)
        page.layer(
            encoder,
            f"self.{name}halve = nn.ModuleList([\n{rows}])",
            f"self.{name}top = {chain([encoder.top], page)}",
        )
        top = TOLD.format("found[-1]") if told else "found[-1]"
        page.method(CONV.format(name=name, y=", y" if told else "", top=top))
        encode = f"self.{name}levels({{x}}{', y' if told else ''}){'' if levels else '[-1]'}"
        names = (f"{name}halve", f"{name}top")
    else:
        made = sequence([*_all(parts, page), "nn.Flatten()", *flat(encoder.top, page)])
        page.layer(encoder, f"{up} = {made}", *_initialised(page, up, by, bend))
        encode = up + "({x})"
    seed = f"nn.Unflatten(1, {shape(decoder.seed_shape)})"
    page.layer(
        decoder,
        f"paint = {chain([decoder.ups], page)}",
        f"grow = {chain([decoder.grow], page, after=(seed,))}",
        f"{down} = nn.Sequential(*grow, *paint)",
        *_initialised(page, down, by, bend),
    )
    return Network(encode, f"{down}({TOLD.format('{z}') if told else '{z}'})", names, (f"{name}decoder",))


CONV = '''
def {name}levels(self, x{y}):
    """Features after every halving, and those of the dense layer on top."""
    h, found = x, []
    for down in self.{name}halve:
        h = down(h)
        found.append(h.flatten(1))
    return [*found, self.{name}top({top})]
'''


def _all(modules: list[nn.Module], page: Page) -> list[str]:
    return [layer for module in modules for layer in flat(module, page)]


def _init(page: Page) -> tuple[str, str, str]:
    """How weights are drawn, and for which bends of encoder and decoder."""
    bend = str(page.config.get("activation", "relu"))
    mirrored = str(page.config.get("decoder_activation", "same"))
    return str(page.config.get("init", "torch")), bend, bend if mirrored == "same" else mirrored


def initialised(page: Page, name: str, side: int) -> list[str]:
    """The line that draws the weights of the encoder, side 0, or the decoder, side 1, as configured."""
    by, *bends = _init(page)
    return _initialised(page, name, by, bends[side])


def _initialised(page: Page, name: str, by: str, bend: str) -> list[str]:
    """The line that draws a network's weights anew, where PyTorch's own do not stay."""
    if by == "torch":
        return []
    page.take(initialise)
    return [f'initialise({name}, "{by}", "{bend}")']
