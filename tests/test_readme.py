"""Every example of the README runs, and every command it shows is one."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from aecore.bundles import list_bundles
from aecore.cli import (
    app,
    data,
    encode,
    evaluate,
    export,
    jobs,
    listing,
    main,
    show,
    site,
    study,
    sweep,
    train,
    zoo,
)
from aecore.nets import NETS
from aecore.runs import Run, complete
from aecore.training import Finished
from aecore.variants import VARIANTS, schema

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
PYTHON = [code for language, code in BLOCKS if language == "python"]
SHELL = [
    line.strip()
    for language, code in BLOCKS
    if language in ("console", "bash", "sh", "shell")
    for line in code.splitlines()
]
COMMANDS = [line.removeprefix("$ ") for line in SHELL if line.removeprefix("$ ").startswith("aecore ")]
TARGETS = [
    line.removeprefix("$ ").split()[1] for line in SHELL if line.removeprefix("$ ").startswith("make ")
]

NAMED = {
    "train": train, "list": listing, "evaluate": evaluate, "data": data, "zoo": zoo, "app": app,
    "site": site, "encode": encode, "export": export, "study": study, "sweep": sweep, "jobs": jobs,
    "show": show,
}  # fmt: skip


def test_make_bench_runs_every_benchmark_whose_figures_are_shown() -> None:
    shown = re.findall(r"^`python -m benchmarks\.(\w+)`", README, re.MULTILINE)
    (listed,) = re.findall(r"^BENCHMARKS := (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    kept = {path.stem for path in (ROOT / "benchmarks" / "results").glob("*.json")}  # some take hours
    assert shown
    assert set(shown) - kept <= set(listed.split()) <= set(shown)


@pytest.fixture
def run_block(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module to run a block in; variants that it registers are forgotten afterwards."""
    module = ModuleType("readme_block")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    before = dict(VARIANTS)
    for name in before:
        monkeypatch.setitem(VARIANTS, name, before[name])
    return module


@pytest.mark.slow  # with the real maps, as a reader gets them
@pytest.mark.parametrize("number", range(len(PYTHON)))
def test_a_block_of_python_runs(number: int, run_block: ModuleType) -> None:
    known = set(VARIANTS)
    try:
        exec(compile(PYTHON[number], f"README.md, block {number + 1}", "exec"), run_block.__dict__)
        for name in VARIANTS.keys() - known:
            assert "$$" in VARIANTS[name].lesson
            config = complete({"variant": name, "data": "digits", "epochs": 1, "device": "cpu"})
            *_, last = Run(config, Path("unused"), None).fit
            assert isinstance(last, Finished)
        if "aecore.train(" in PYTHON[number]:
            assert [each for each in list_bundles() if not each.shipped]
    finally:
        for name in VARIANTS.keys() - known:
            del VARIANTS[name]


(EXAMPLE,) = (code for code in PYTHON if "@variant(" in code)
(ITS_TEST,) = (code for code in PYTHON if "def test_" in code)


def test_the_variant_to_add_passes_the_test_that_is_added_with_it(run_block: ModuleType) -> None:
    known = set(VARIANTS)
    try:
        exec(compile(EXAMPLE, "README.md, the variant", "exec"), run_block.__dict__)
        beside: dict[str, Any] = {}
        exec(compile(ITS_TEST, "README.md, its test", "exec"), beside)
        tests = [value for name, value in beside.items() if name.startswith("test_")]
        assert tests
        for test in tests:
            test()
            run_block.MeanL1.forward = lambda *_: torch.ones(64)  # its own term, and it would be seen
            with pytest.raises(AssertionError):
                test()
    finally:
        for name in VARIANTS.keys() - known:
            del VARIANTS[name]


@pytest.mark.parametrize(
    ("name", "code"),
    [("aecore/variants/thrifty_vae.py", EXAMPLE), ("tests/aecore/variants/test_thrifty_vae.py", ITS_TEST)],
)
def test_the_variant_to_add_is_written_as_make_test_wants_it(name: str, code: str) -> None:
    for check in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *check, "--stdin-filename", name, "-"]
        ran = subprocess.run(ruff, input=code.encode(), capture_output=True, cwd=ROOT, check=False)
        assert ran.returncode == 0, ran.stdout.decode()


def test_which_networks_a_variant_takes_is_as_it_says() -> None:
    (said,) = re.findall(r"^All but `linear` take.*?\.\n", README, re.DOTALL | re.MULTILINE)
    takes = {name: schema(name) for name in VARIANTS}
    assert {name for name in takes if not {"net", "likelihood"} <= takes[name].keys()} == {"linear"}
    few = {name for name in takes if "net" in takes[name] and len(takes[name]["net"].choices) < len(NETS)}
    assert few == {"stacked", "grown", "multi-rate-vae"}
    assert all(f"`{name}`" in said for name in (*few, "mlp", "conv", "recurrent", "transformer"))


def test_there_are_examples() -> None:
    assert len(PYTHON) >= 2
    assert {command.split()[1] for command in COMMANDS} == NAMED.keys()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []
    for module in NAMED.values():
        monkeypatch.setattr(module, "run", lambda arguments: ran.append(arguments))
    words = shlex.split(command, comments=True)[1:]
    if "--help" in words:
        with pytest.raises(SystemExit) as end:
            main(words)
        assert end.value.code == 0
    # --help ends the parsing wherever it stands, so that what is wrong with the other words shows without.
    assert main([word for word in words if word != "--help"]) == 0
    assert len(ran) == 1
    options = {
        key.removeprefix("option_"): value
        for key, value in vars(ran[0]).items()
        if key.startswith("option_") and value is not None
    }
    if options and words[0] != "sweep":  # values that do not fit are found here; a sweep has several β
        complete({"variant": ran[0].variant, "data": ran[0].data, **options})


def test_the_table_is_what_its_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "table", "--markdown"]) == 0
    block = README.partition("<!-- table -->\n")[2].partition("<!-- end of table -->")[0]
    assert block == capsys.readouterr().out


@pytest.mark.parametrize("name", re.findall("<!-- study (.*) -->", README))
def test_a_study_is_what_its_command_prints(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main(["study", "show", *name.split(), "--markdown"]) == 0
    block = README.partition(f"<!-- study {name} -->\n")[2].partition("<!-- end of study -->")[0]
    assert block == capsys.readouterr().out


@pytest.mark.parametrize("target", TARGETS)
def test_a_make_target_is_one(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
