"""``aecore sweep``: a family of VAEs along β, so trained that between two of them lies a model too."""

from __future__ import annotations

import argparse
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from aecore.cli.parser import Parser, choice_of
from aecore.cli.printing import print_json, print_table
from aecore.errors import UserError

if TYPE_CHECKING:
    from aecore.sweeps import Sweep
    from aecore.sweeps.run import SweepRun
    from aecore.sweeps.training import Moment

VERBS = ("train", "list", "show", "build")
EPILOG = """examples:
  aecore sweep --variant vae --data digits --with-zero
  aecore sweep --variant beta-vae --data mnist --beta 0.1:16:log12 --latent-dim 2 --epochs 20
  aecore sweep show mnist/vae-2d

Ctrl-C leaves what is done; --resume goes on with it, as it does after a crash. What can be chosen depends
on --variant, --data, --net and --likelihood: give them together with --help to see it all."""


def add(commands: Any, words: Sequence[str]) -> None:
    """Adds the command; its flags come from the signatures that ``words`` choose."""
    parser = commands.add_parser(
        "sweep",
        help="train a family of VAEs along β",
        description="Train VAEs at several β whose weights can be tweened, and keep them as one sweep; list "
        "sweeps, show what was measured of one, or build those that come with Loupe.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("what", nargs="?", default="train", metavar="|".join(VERBS), help="[train]")
    parser.add_argument("names", nargs="*", metavar="DATA/NAME", help="which sweep, for show and build")
    parser.add_argument("--variant", help="vae or beta-vae")
    parser.add_argument("--data", help="what to train on; `aecore list --datasets` lists them")
    parser.add_argument("--name", default="", help="what to call the sweep [made of variant and dimension]")
    parser.add_argument("--replace", action="store_true", help="replace a sweep of that name")
    parser.add_argument(
        "--resume",
        nargs="?",
        const="",
        metavar="DATA/NAME",
        help="go on with an interrupted sweep [the latest]",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON value, and no bar")
    if words[:1] == ["sweep"]:
        _add_options(parser, words[1:])


def _add_options(parser: Parser, words: Sequence[str]) -> None:
    from aecore.cli.train import add_flags, parts

    chosen = parts(words)
    if chosen is None:
        return
    if not chosen.variant or not chosen.data:
        parser.explain = _resumed if "--resume" in words else _too_early
        return
    from aecore.runs import misplaced
    from aecore.sweeps.plan import schema

    options = schema(chosen.variant, chosen.data, vars(chosen))
    parser.explain = lambda flag: misplaced(
        flag.lstrip("-").replace("-", "_"), chosen.variant, chosen.data, options, vars(chosen)
    )
    zero = options.pop("with_zero")
    parser.add_argument(zero.flag, dest="option_with_zero", action="store_const", const="yes", help=zero.help)
    add_flags(parser, options, f"options of a sweep of {chosen.variant} over {chosen.data}")


def _too_early(flag: str) -> str:
    return (
        f"What {flag} may be depends on --variant and --data: give both, as in --variant vae --data digits."
    )


def _resumed(flag: str) -> str:
    return f"--resume goes on with what the sweep began with: leave out {flag}."


def run(arguments: argparse.Namespace) -> None:
    """Trains, lists, shows or builds."""
    what = choice_of("command of aecore sweep", arguments.what, VERBS)
    {"train": _train, "list": _list, "show": _show, "build": _build}[what](arguments)


def _train(arguments: argparse.Namespace) -> None:
    if arguments.names:
        raise UserError(f"There is no use for {arguments.names[0]!r}: name the new sweep with --name.")
    training = _training(arguments)
    sweep = _trained(training, arguments.json, f"Go on with: aecore sweep --resume {training.id}")
    if arguments.json:
        print_json({"id": sweep.id, "path": str(sweep.path), "members": _members(sweep)})
        return
    _print(sweep)
    print(f"Sweep: {sweep.path}")


def _training(arguments: argparse.Namespace) -> SweepRun:
    from aecore.cli.train import given
    from aecore.sweeps.run import SweepRun

    options = given(arguments)
    if arguments.resume is not None:
        flags = ("variant", "data", "name", "replace")
        if wrong := [*(name for name in flags if getattr(arguments, name)), *options]:
            raise UserError(_resumed("--" + wrong[0].replace("_", "-")))
        return SweepRun.resume(arguments.resume)
    for name in ("variant", "data"):
        if not getattr(arguments, name):
            raise UserError(f"--{name} is missing, as in: aecore sweep --variant vae --data digits")
    asked = {"variant": arguments.variant, "data": arguments.data, **options}
    return SweepRun.begin(asked, arguments.name, arguments.replace)


def _trained(training: SweepRun, quiet: bool, go_on: str) -> Sweep:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # as `aecore train` does, even behind &
    try:
        with _bar(training, quiet) as listen:
            return training.train(listen)
    except UserError as error:
        raise UserError(f"{error} {go_on}") if training.resumable else error  # noqa: B904 (one sentence is shown)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(go_on if training.resumable else "Nothing was kept.") from None
    finally:
        signal.signal(signal.SIGINT, before)


class _bar(AbstractContextManager["Callable[[Moment | str], None]"]):  # noqa: N801 (used as a function)
    """A live bar on a terminal, a line a member elsewhere, nothing when quiet."""

    def __init__(self, training: SweepRun, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        console = Console(stderr=True)
        self.plain = not console.is_terminal and not quiet
        self.console, self.id = console, training.id
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=max(4, min(40, console.width - 80))),
            TextColumn("{task.percentage:.0f}%"),
        )
        self.progress = Progress(*columns, console=console, disable=quiet or not console.is_terminal)

    def __enter__(self) -> Callable[[Moment | str], None]:
        self.progress.start()
        self.task = self.progress.add_task(self.id, total=None)
        return self._hear

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def _hear(self, moment: Moment | str) -> None:
        from aecore.training import Finished, Progress

        if isinstance(moment, str):
            self._say(moment)
            return
        which = ", ".join(f"{beta:g}" for beta in moment.betas[:3]) + (", …" if moment.betas[3:] else "")
        where = f"leg {moment.leg} of {moment.legs} · β = {which}"
        match moment.event:
            case Progress(terms=terms, epoch=epoch):
                shown = (f"{name} {terms[name]:.4g}" for name in ("distortion", "rate") if name in terms)
                text = f"{self.id} · {where} · epoch {epoch}\n{' · '.join(shown)}"
                self.progress.update(self.task, completed=moment.step, total=moment.steps, description=text)
            case Finished(seconds=seconds):
                self._say(f"{where}: {seconds:.1f} s")

    def _say(self, text: str) -> None:
        self.progress.update(self.task, description=f"{self.id} · {text}")
        if self.plain:
            self.console.print(text, highlight=False, markup=False)


def _list(arguments: argparse.Namespace) -> None:
    from aecore.sweeps import damaged, list_sweeps

    found = list_sweeps()
    if arguments.json:
        print_json([_entry(sweep) for sweep in found])
        return
    if not found:
        print("There are no sweeps yet: `aecore sweep --variant vae --data digits` trains one.")
    else:
        rows = [
            (
                each.id,
                each.card.title,
                str(each.card.dim),
                f"{each.card.betas[0]:g} to {each.card.betas[-1]:g}, {len(each.card.members)}",
                "Loupe" if each.shipped else "you",
            )
            for each in found
        ]
        print_table("Sweeps", ("id", "variant", "dims", "β", "from"), rows)
    for path, reason in damaged():
        print(f"left out: {path}: {reason}")


def _show(arguments: argparse.Namespace) -> None:
    from aecore.sweeps import open_sweep

    if len(arguments.names) != 1:
        raise UserError("Name one sweep, as in `aecore sweep show digits/vae-2d`.")
    sweep = open_sweep(arguments.names[0])
    if arguments.json:
        card = sweep.card
        between = [vars(each) | {"excess": each.excess} for each in card.between]
        print_json(_entry(sweep) | {"members": _members(sweep), "between": between, "plan": card.plan})
        return
    _print(sweep)


def _entry(sweep: Sweep) -> dict[str, Any]:
    card = sweep.card
    return {
        "id": sweep.id,
        "title": card.title,
        "variant": card.config["variant"],
        "data": card.data.name,
        "latent_dim": card.dim,
        "betas": list(card.betas),
        "maps": list(card.maps),
        "shipped": sweep.shipped,
        "path": str(sweep.path),
        "seconds": card.provenance.seconds,
    }


def _members(sweep: Sweep) -> list[dict[str, Any]]:
    return [vars(each) | {"metrics": dict(each.metrics)} for each in sweep.card.members]


def _print(sweep: Sweep) -> None:
    card = sweep.card
    rows = []
    for k, member in enumerate(card.members):
        after = [f"{card.between[k].excess:+.3f}"] if k < len(card.between) else [""]
        units = member.metrics.get("active_units", "")
        figures = (member.beta, member.rate, member.distortion, member.objective)
        rows.append((*(f"{value:.4g}" for value in figures), str(units), *after))
    columns = ("β", "rate", "distortion", "objective", "active units", "excess half way to the next")
    print_table(f"{sweep.id}: {card.title}, {card.dim} dimensions", columns, rows)


def _build(arguments: argparse.Namespace) -> None:
    from aecore.places import shipped_root
    from aecore.sweeps.recipes import is_built, open_run, recipes

    every = recipes(shipped_root(), arguments.names)
    stale = [recipe for recipe in every if arguments.replace or not is_built(recipe)]
    for number, recipe in enumerate(stale, start=1):
        started = time.perf_counter()
        _trained(open_run(recipe), arguments.json, "The same command goes on from what is done.")
        if not arguments.json:
            print(f"{number}/{len(stale)} {recipe.id}: {time.perf_counter() - started:.0f} s", flush=True)
    if arguments.json:
        print_json({"built": [each.id for each in stale], "recipes": len(every)})
    elif not stale:
        print(f"All {len(every)} sweeps are up to date.")
