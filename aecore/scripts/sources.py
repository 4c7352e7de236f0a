"""Our own source as it is, with all it needs, for what would be long or wrong if written twice.

A function or class is taken whole but for its docstring, of which the first paragraph and the sources stay.
Whatever of its module it names comes along: a library as an import, a number as a constant, another
function or class of ours as its source.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

OURS = "aecore"


def source_of(part: Any) -> str:
    """The source of a function or class, its docstrings cut short, not indented."""
    text = _without_types(textwrap.dedent(inspect.getsource(part)))
    lines = text.splitlines()
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for node in sorted(nodes, key=lambda each: -each.body[0].lineno):
        first = node.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and first.end_lineno:
            indent = " " * first.col_offset
            lines[first.lineno - 1 : first.end_lineno] = [
                (indent + line).rstrip() for line in _short(str(first.value.value))
            ]
    return "\n".join(lines) + "\n"


def _without_types(text: str) -> str:
    """Functions as a slide shows them: without the types of what goes in, comes out and lies between."""
    lines = [line.encode() for line in text.splitlines()]  # columns of the syntax tree count bytes
    for start, end, default in sorted(_types(ast.parse(text), lines), reverse=True):
        if start[0] == end[0]:  # what is spread over lines stays
            row = lines[start[0] - 1]
            rest = row[end[1] :]
            lines[start[0] - 1] = row[: start[1]] + (rest.replace(b" = ", b"=", 1) if default else rest)
    return "\n".join(line.decode() for line in lines) + "\n"


Place = tuple[int, int]


def _types(tree: ast.AST, lines: list[bytes]) -> Iterator[tuple[Place, Place, bool]]:
    """Where types stand in functions: line and column of both ends, and whether a default comes behind."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        if function.returns:
            line, column = function.returns.lineno, function.returns.col_offset
            arrow = lines[line - 1].rindex(b"->", 0, column)
            yield (line, len(lines[line - 1][:arrow].rstrip())), _end(function.returns), False
        parameters = function.args
        for each in [*parameters.posonlyargs, *parameters.args, *parameters.kwonlyargs]:
            if each.annotation:
                end = _end(each.annotation)
                yield (
                    (each.lineno, each.col_offset + len(each.arg.encode())),
                    end,
                    lines[end[0] - 1][end[1] :].startswith(b" = "),
                )
    within = [node for function in functions for each in function.body for node in ast.walk(each)]
    declared = [node for node in within if isinstance(node, ast.AnnAssign) and node.value]
    for node in dict.fromkeys(declared):
        yield _end(node.target), _end(node.annotation), False


def _end(node: ast.expr) -> Place:
    return node.end_lineno or 0, node.end_col_offset or 0


def _short(docstring: str) -> list[str]:
    """A docstring's first paragraph and its sources, as the lines of a docstring."""
    whole = inspect.cleandoc(docstring)
    paragraph = whole.partition("\n\n")[0].splitlines()
    _, _, source = whole.partition("Source:\n")
    cited = textwrap.dedent(source.partition("\n\n")[0]).splitlines()
    said = [*paragraph, *(["", *cited] if cited else [])]
    said = [re.sub(r":math:`([^`]+)`", r"\1", line).replace("``", "") for line in said]
    quotes = 'r"""' if any("\\" in line for line in said) else '"""'
    if len(said) == 1:
        return [f'{quotes}{said[0]}"""']
    return [f"{quotes}{said[0]}", *said[1:], '"""']


def needs(part: Any) -> dict[str, Any]:
    """What a function or class names of its module when it runs, by name; annotations do not count."""
    module = sys.modules[part.__module__]
    tree = ast.parse(textwrap.dedent(inspect.getsource(part)))
    named = dict.fromkeys(node.id for node in _running(tree) if isinstance(node, ast.Name))
    return {name: vars(module)[name] for name in named if name in vars(module) and name != part.__name__}


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree that are evaluated: no annotations."""
    skipped = {"annotation", "returns"}
    for field, value in ast.iter_fields(tree):
        if field in skipped:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child
                yield from _running(child)


def assignment(name: str, module: ModuleType) -> tuple[str, dict[str, Any]]:
    """The line that gives a module's constant its value, and what it names of that module."""
    text = inspect.getsource(module)
    for node in ast.parse(text).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if value and [each.id for each in targets if isinstance(each, ast.Name)] == [name]:
            names = [each.id for each in ast.walk(value) if isinstance(each, ast.Name)]
            known = {each: vars(module)[each] for each in names if each in vars(module)}
            return f"{name} = {ast.get_source_segment(text, value)}", known
    raise ValueError(f"{module.__name__} gives {name} no value.")


def is_ours(part: Any) -> bool:
    """Whether a function or class is defined in this package."""
    return isinstance(part, FunctionType | type) and part.__module__.split(".")[0] == OURS


def import_of(name: str, value: Any) -> str:
    """The line that imports a library's module, class or function under its name in our module."""
    if isinstance(value, ModuleType):
        parent, _, last = value.__name__.rpartition(".")
        if not parent:
            return f"import {last}" if name == last else f"import {last} as {name}"
        return f"from {parent} import {last}" if name == last else f"from {parent} import {last} as {name}"
    return f"from {LIBRARY.get(name, value.__module__)} import {name}"


FUNCTIONAL = ("avg_pool2d", "one_hot", "pad", "scaled_dot_product_attention", "softplus")
LIBRARY = dict.fromkeys(FUNCTIONAL, "torch.nn.functional")
"""Where names are public of functions whose ``__module__`` is not."""
