"""A configuration's script, put together."""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from collections.abc import Mapping
from typing import Any

from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from aecore import variants
from aecore.data import DataSpec
from aecore.model import Autoencoder
from aecore.runs import command, complete
from aecore.scripts.data import write_data
from aecore.scripts.loop import Stage, write_loop
from aecore.scripts.page import Page
from aecore.training import Randomness
from aecore.version import __version__

CONSTANT = re.compile(r"[A-Z_]+ = ")


def script(given: Mapping[str, Any], spec: DataSpec) -> str:
    """A standalone PyTorch script that makes and trains what a configuration describes.

    Args:
        given: ``variant``, ``data`` and any of their options.
        spec: The data, as the configuration has them.

    Returns:
        Python that needs PyTorch, NumPy, and scikit-learn or torchvision for the data.

    Raises:
        UserError: If the configuration does not fit, or there is no code for a part of it, which is named.
    """
    config = complete(given)
    model, born = build(config, spec)
    page = Page(model, spec, config, born)
    page.imported("import torch", "from torch import nn")
    stages: list[Stage] = page.write(model)
    page.check_all_drawn()
    _share(stages, model, config["epochs"])
    loop = write_loop(stages, page)
    data = write_data(page)
    row = variants.find(config["variant"])
    constants = [text for text in page.helpers.values() if CONSTANT.match(text)]
    functions = [text for text in page.helpers.values() if not CONSTANT.match(text)]
    parts = [
        _docstring(page, row, config),
        _imports(page, typed=any(map(_is_typed, functions))),
        "\n".join(constants),
        *functions,
        _class(page, row),
        f"# Data\n{data}",
        f"# Model\ntorch.manual_seed({config['seed']})  # the weights\nmodel = {_name(row.make.__name__)}()",
        f"# Training\n{loop}",
    ]
    return "\n\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def build(config: Mapping[str, Any], spec: DataSpec) -> tuple[Autoencoder, dict[nn.Parameter, int]]:
    """The model as a run makes it, and when each parameter, its own or not, was made."""
    born: dict[nn.Parameter, int] = {}

    def note(module: nn.Module, name: str, parameter: nn.Parameter | None) -> None:
        if parameter is not None:
            born.setdefault(parameter, len(born))

    hook = register_module_parameter_registration_hook(note)
    try:
        with Randomness(config["seed"], "cpu")():
            model = variants.build(config, spec)
    finally:
        hook.remove()
    return model, born


def _share(stages: list[Stage], model: Autoencoder, epochs: int) -> None:
    """Tells each stage with players how many epochs it has, as ``Fit`` does."""
    of = {stage.name: stage for stage in model.stages() if stage.players}
    shares = sum(stage.share for stage in of.values())
    for stage in stages:
        if stage.players:
            stage.epochs = max(1, round(epochs * of[stage.name].share / shares))


def _docstring(page: Page, row: variants.Variant, config: Mapping[str, Any]) -> str:
    said = [f"{row.title}: {row.summary.partition(': ')[2]}", ""]
    if page.equation:
        said += [f"It minimises {page.equation}.", ""]
    said += [f"Source: {source}" for source in dict.fromkeys([row.source, *page.sources])]
    said += [
        "",
        f"Written by Loupe {__version__}, which trains the same by",
        f"    {command(config)}",
        "On a CPU both start from the same weights and have the same losses, step by step.",
    ]
    text = "\n".join(_wrapped(line) for line in said).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{text}\n"""'


def _wrapped(line: str) -> str:
    return (
        textwrap.fill(line, 110, break_long_words=False, break_on_hyphens=False, subsequent_indent="    ")
        if line
        else ""
    )


def _is_typed(text: str) -> bool:
    """Whether there are types left, whose names need not be known where they are not looked at."""
    nodes = list(ast.walk(ast.parse(text)))
    return any(getattr(node, "annotation", None) or getattr(node, "returns", None) for node in nodes)


def _imports(page: Page, typed: bool) -> str:
    """Imports: those of the standard library first."""
    lines = sorted(page.imports, key=lambda line: (line.startswith("from "), line))
    own = [line for line in lines if line.split()[1].split(".")[0] in sys.stdlib_module_names]
    foreign = [line for line in lines if line not in own]
    future = ["from __future__ import annotations"] if typed else []
    return "\n\n".join("\n".join(group) for group in (future, own, foreign) if group)


def _name(variant: str) -> str:
    """``beta_tc_vae`` as a class is called."""
    known = {
        "vae": "VAE",
        "tc": "TC",
        "iwae": "IWAE",
        "wae": "WAE",
        "mmd": "MMD",
        "vq": "VQ",
        "gan": "GAN",
        "dip": "DIP",
    }
    return "".join(known.get(word, word.capitalize()) for word in variant.split("_"))


def _class(page: Page, row: variants.Variant) -> str:
    layers = "\n".join(text for _, text in sorted(page.layers, key=lambda each: each[0]))
    init = "def __init__(self):\n    super().__init__()\n" + textwrap.indent(layers, "    ")
    body = "\n\n".join([init, *page.all_methods()])
    title = f'"""{row.title}: {row.source}"""\n\n'
    return f"class {_name(row.make.__name__)}(nn.Module):\n{textwrap.indent(title + body, '    ')}"
