"""``aecore train``: any variant on any data set, with a bar, and a bundle at the end."""

from __future__ import annotations

import argparse
import signal
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aecore.cli.bar import Bar
from aecore.cli.parser import Parser
from aecore.cli.printing import print_json
from aecore.errors import UserError

if TYPE_CHECKING:
    from aecore.options import Option
    from aecore.runs import Run

PACKAGE = Path(__file__).parents[1]
SWITCHES = ("--replace", "--download", "--json")
PARTS = ("variant", "data", "net", "likelihood")
EPILOG = """Ctrl-C ends the training after its step and keeps the best epoch so far as a bundle;
--resume goes on from the last whole epoch, and after a crash from the last that was stored, once a
second. What can be chosen depends on --variant, --data, --net and --likelihood: give them together
with --help to see it all.
A recipe is a TOML file of flat keys, as in beta = 4; `aecore show DATA/NAME --toml` prints that of a
bundle."""


def add(commands: Any, words: Sequence[str]) -> None:
    """Adds the command; its flags come from the signatures that ``words`` choose."""
    parser = commands.add_parser(
        "train",
        help="train a variant on a data set",
        description="Train a variant on a data set, and keep the result as a bundle.",
        epilog=EPILOG,
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "recipe",
        nargs="?",
        metavar="RECIPE.toml",
        help="a file that says what to train; options beside it count more",
    )
    parser.add_argument("--variant", help="what to train; `aecore list --variants` lists them")
    parser.add_argument("--data", help="what to train on; `aecore list --datasets` lists them")
    parser.add_argument("--name", default="", help="what to call the bundle [made of variant and dimension]")
    parser.add_argument("--replace", action="store_true", help="replace a bundle of that name")
    parser.add_argument("--download", action="store_true", help="fetch the data set if it is not here")
    parser.add_argument(
        "--resume",
        nargs="?",
        const="",
        metavar="DATA/NAME",
        help="go on with an interrupted run [the latest]",
    )
    parser.add_argument(
        "--json", action="store_true", help="print id, path and metrics as one JSON object, and no bar"
    )
    if words[:1] == ["train"]:
        add_options(parser, words[1:])


def add_options(parser: Parser, words: Sequence[str]) -> None:
    """Adds the flags of the training that ``words`` choose, or explains why there are none yet."""
    found = parts(words)
    if found is None:
        return
    named = {name: getattr(found, name) for name in PARTS}
    if found.recipe:
        from aecore.runs.recipe import read_toml

        said = read_toml(Path(found.recipe))
        named = {name: said.get(name) if value is None else value for name, value in named.items()}
    variant, data = named["variant"], named["data"]
    if not isinstance(variant, str) or not isinstance(data, str):
        parser.explain = _resumed if "--resume" in words else _too_early
        return
    from aecore.runs import misplaced, schema

    options = schema(variant, data, named)
    parser.explain = lambda flag: misplaced(flag.lstrip("-").replace("-", "_"), variant, data, options, named)
    add_flags(parser, options, f"options of {variant} on {data}")


def parts(words: Sequence[str]) -> argparse.Namespace | None:
    """Variant, data, net, likelihood and recipe among ``words``; None where a flag lacks its value."""
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    for name in PARTS:
        first.add_argument(f"--{name}")
    try:
        found, rest = first.parse_known_args([word for word in words if word not in ("-h", "--help")])
    except argparse.ArgumentError:  # the parser of all flags says so
        return None
    pairs = pairwise(["", *rest])
    alone = [word for before, word in pairs if not before.startswith("--") or before in SWITCHES]
    found.recipe = next((word for word in alone if word.endswith(".toml")), None)
    return found


def add_flags(parser: Parser, options: Mapping[str, Option], title: str) -> None:
    """A group of flags, one an option; ``option_NAME`` is what was given for it, or None."""
    group = parser.add_argument_group(title)
    for option in options.values():
        group.add_argument(
            option.flag, dest=f"option_{option.name}", metavar=_metavar(option), help=_help(option)
        )


def _too_early(flag: str) -> str:
    return (
        f"What {flag} may be depends on --variant and --data: give both, as in --variant vae --data digits."
    )


def _resumed(flag: str) -> str:
    return f"--resume goes on with what the run began with: leave out {flag}."


def _metavar(option: Option) -> str:
    if option.choices:
        return "NAME"
    return {bool: "yes|no", tuple: "N,N,…", int: "N", float: "X", str: "TEXT"}[option.type]


def _help(option: Option) -> str:
    notes = [", ".join(option.choices)] if option.choices else []
    if option.range:
        notes.append(f"{option.range.low:.10g} to {option.range.high:.10g}")
    text = " ".join([option.help, *(f"({note})" for note in notes), f"[{_default(option)}]"])
    return text.replace("%", "%%")


def _default(option: Option) -> str:
    if option.type is bool:
        return "yes" if option.default else "no"
    return ",".join(map(str, option.default)) if option.type is tuple else str(option.default)


def run(arguments: argparse.Namespace) -> None:
    """Trains, or goes on with a training."""
    with _warnings_as_sentences():
        training = _training(arguments)
    quiet = arguments.json
    go_on = f"Go on with: aecore train --resume {training.id}"
    try:
        with _stopping_politely(training), Bar(training, quiet, "; Ctrl-C leaves at once") as bar:
            bundle = training.train(bar)
    except UserError as error:
        raise UserError(f"{error} {go_on}") if training.resumable else error  # noqa: B904 (one sentence is shown)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(go_on if training.resumable else "Nothing was kept.") from None
    if quiet:
        print_json({"id": bundle.id, "path": str(bundle.path), "metrics": bundle.card.metrics})
        return
    from aecore.runs.advice import unused

    print(f"{bundle.id}: {_summary(bundle.card.metrics)}")
    if advice := unused(bundle.card.metrics, bundle.card.config):
        print(advice)
    print(f"Bundle: {bundle.path}")
    if training.resumable:
        print(f"Stopped; the best epoch so far is kept. {go_on}")


def given(arguments: argparse.Namespace) -> dict[str, str]:
    """What was given for the flags that ``add_flags`` added, by the name of the option."""
    return {
        key.removeprefix("option_"): value
        for key, value in vars(arguments).items()
        if key.startswith("option_") and value is not None
    }


def _training(arguments: argparse.Namespace) -> Run:
    from aecore.runs import Run

    options = given(arguments)
    if arguments.recipe and not arguments.recipe.endswith(".toml"):
        raise UserError(f"there is no use for {arguments.recipe!r}: a recipe's name ends in .toml.")
    if arguments.resume is not None:
        flags = ("recipe", "variant", "data", "name", "replace", "download")
        if wrong := [*(name for name in flags if getattr(arguments, name)), *options]:
            raise UserError(_resumed("the recipe" if wrong[0] == "recipe" else _flag(wrong[0])))
        return Run.resume(arguments.resume)
    config = _config(arguments, options)
    if arguments.download:
        from aecore.data import download
        from aecore.runs import complete

        complete(config)  # what does not fit is said before anything is fetched
        download(config["data"])
    return Run.begin(config, arguments.name or _name_in(arguments.recipe), replace=arguments.replace)


def _config(arguments: argparse.Namespace, options: Mapping[str, str]) -> dict[str, Any]:
    """What was given, in the recipe and beside it."""
    said = {"variant": arguments.variant, "data": arguments.data, **options}
    if arguments.recipe:
        from aecore.runs.recipe import from_toml

        return from_toml(Path(arguments.recipe), said)
    for name in ("variant", "data"):
        if not said[name]:
            raise UserError(f"--{name} is missing, as in: aecore train --variant vae --data digits")
    return said


def _name_in(recipe: str | None) -> str:
    from aecore.runs.recipe import name_in

    return name_in(Path(recipe)) if recipe else ""


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _summary(metrics: Mapping[str, Any]) -> str:
    from aecore.metrics.table import METRICS

    shown = [name for name in ("negative_elbo", "rate", "distortion", "rmse", "pca_rmse") if name in metrics]
    return " · ".join(f"{METRICS[name].title} {metrics[name]:.4g}" for name in shown)


@contextmanager
def _warnings_as_sentences() -> Iterator[None]:
    """What is legal and unwise is said in a sentence; what libraries warn of, as they do."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("always", category=UserWarning)
        yield
    for each in caught:
        if issubclass(each.category, UserWarning) and Path(each.filename).is_relative_to(PACKAGE):
            print(f"Note: {each.message}", file=sys.stderr, flush=True)
        else:
            warnings.showwarning(each.message, each.category, each.filename, each.lineno)


@contextmanager
def _stopping_politely(training: Run) -> Iterator[None]:
    """The first Ctrl-C asks the training to stop; a second one, or one after its end, interrupts."""

    def stop(*_: object) -> None:
        if training.fit.stopping or training.finishing:
            raise KeyboardInterrupt
        training.stop()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
