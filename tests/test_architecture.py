"""The order of imports, the size of files and what `import aecore` loads, held by a test."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# A module imports from its own line and the lines above it.
LAYERS = (
    ("aecore.errors", "aecore.options", "aecore.places", "aecore.processes", "aecore.version"),
    ("aecore.data",),
    ("aecore.nets",),
    (
        "aecore.bottlenecks",
        "aecore.conditions",
        "aecore.corruptions",
        "aecore.functions",
        "aecore.likelihoods",
        "aecore.objectives",
        "aecore.similarity",
        "aecore.step",
    ),
    ("aecore.model",),
    ("aecore.stages",),
    ("aecore.variants",),
    ("aecore.training",),
    ("aecore.bundles",),
    ("aecore.latent", "aecore.metrics"),
    ("aecore.runs", "aecore.scenes", "aecore.scripts", "aecore.sweeps"),
    ("aecore.studies", "aecore.zoo"),
    ("aecore.jobs",),
    ("aecore.api", "aecore.cli", "aecore", "aecore.__main__"),
    ("app",),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}

BUDGETS = {"aecore": 300, "app": 300, "app/views": 100, "benchmarks": 300, "tests": 300}


def sources(folder: str) -> list[Path]:
    """The Python files below a folder of the repository."""
    return sorted((ROOT / folder).rglob("*.py"))


def module_name(path: Path) -> str:
    """`aecore.data.shapes` for `aecore/data/shapes.py`."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def layer(module: str) -> str | None:
    """The name in LAYERS that ``module`` belongs to: itself, or its first two parts, or the first."""
    parts = module.split(".")
    candidates = (module, ".".join(parts[:2])) if parts[0] == "aecore" else (parts[0],)
    return next((name for name in candidates if name in RANK), None)


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that a file imports, inside functions and for typing too."""
    yield from imported(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imported(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """The same of some statements."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                folder = ROOT.joinpath(*inner.split("."))
                is_module = folder.is_dir() or folder.with_suffix(".py").is_file()
                yield node.lineno, inner if is_module else node.module


@pytest.mark.parametrize("path", sources("aecore") + sources("app"), ids=module_name)
def test_a_module_imports_only_what_stands_before_it(path: Path) -> None:
    own = layer(module_name(path))
    assert own, f"say in LAYERS where {module_name(path)} belongs"
    wrong = [
        f"line {line}: {name}"
        for line, name in imports(path)
        if name.split(".")[0] in {"aecore", "app"} and RANK[layer(name) or own] > RANK[own]
    ]
    assert not wrong, f"{own} stands before what it imports: {wrong}"


@pytest.mark.parametrize("path", sources("aecore"), ids=module_name)
def test_the_core_knows_no_streamlit(path: Path) -> None:
    assert not [name for _, name in imports(path) if name.split(".")[0] in {"streamlit", "app", "tests"}]


@pytest.mark.parametrize("path", sources("aecore") + sources("app"), ids=module_name)
def test_what_is_imported_at_the_top_is_not_imported_below(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lines = {node.lineno for node in tree.body}
    names = {name for _, name in imported(tree.body)}
    assert not [(line, name) for line, name in imports(path) if line not in lines and name in names]


def normalised(distribution: str) -> str:
    """A distribution's name as indexes compare it: `open-tsne` is `Open.TSNE`."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


@pytest.mark.parametrize("folder", ["aecore", "app"])
def test_what_is_imported_is_declared(folder: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {normalised(re.split(r"[^\w.-]", each)[0]) for each in project["dependencies"]}
    made_by = packages_distributions()
    tops = {name.split(".")[0] for path in sources(folder) for _, name in imports(path)}
    foreign = tops - sys.stdlib_module_names - {"aecore", "app"}
    assert foreign
    undeclared = [top for top in sorted(foreign) if not declared & set(map(normalised, made_by.get(top, [])))]
    assert not undeclared, f"add their distributions to pyproject.toml: {undeclared}"


@pytest.mark.parametrize("folder", BUDGETS)
def test_files_stay_short(folder: str) -> None:
    length = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources(folder)}
    over = {module_name(path): lines for path, lines in length.items() if lines > BUDGETS[folder]}
    assert not over, f"longer than {BUDGETS[folder]} lines: {over}"


def run(code: str) -> str:
    """What a new interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_import_aecore_is_light() -> None:
    heavy = (
        "torch",
        "torchvision",
        "streamlit",
        "umap",
        "openTSNE",
        "sklearn",
        "onnx",
        "onnxruntime",
        "plotly",
    )
    assert run(f"import aecore, sys; print([name for name in {heavy} if name in sys.modules])") == "[]"


def test_the_command_line_is_light() -> None:
    heavy = ("torch", "streamlit", "umap", "sklearn", "onnx", "plotly")
    assert run(f"import aecore.cli, sys; print([name for name in {heavy} if name in sys.modules])") == "[]"


def test_the_core_works_without_the_app_and_without_maps() -> None:
    run("""
import sys
sys.modules.update(dict.fromkeys(("streamlit", "plotly", "umap", "openTSNE", "torchvision")))
from pathlib import Path
import aecore.cli, aecore.latent, aecore.metrics
from aecore.runs import Run, complete
training = Run(complete({"variant": "vae", "data": "digits", "epochs": 1}), Path("unused"), None).fit
assert type(list(training)[-1]).__name__ == "Finished"
""")
