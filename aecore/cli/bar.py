"""What a training looks like on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aecore.runs import Run
    from aecore.training import EpochEnd, Event, Progress


class Bar:
    """A live bar on a terminal, a line an epoch elsewhere, nothing when quiet.

    Args:
        training: Not yet begun.
        quiet: Whether to show nothing.
        ending: Said when the training is over and the bundle is being made.
    """

    def __init__(self, training: Run, quiet: bool, ending: str = "") -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        console = Console(stderr=True)
        self.live = console.is_terminal and not quiet
        self.plain = not console.is_terminal and not quiet
        self.training, self.ending = training, ending
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=max(4, min(40, console.width - 80))),  # the figures come first
            TextColumn("{task.percentage:.0f}%"),
        )
        self.progress = Progress(*columns, console=console, disable=not self.live)

    def __enter__(self) -> Bar:
        fit = self.training.fit
        self.progress.start()
        self.task = self.progress.add_task(self.training.id, total=fit.steps, completed=fit.step)
        begun = f", from epoch {fit.epoch + 1}" if fit.epoch else ""
        self._say(f"Training {self.training.id} on {fit.device}{begun}")
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def __call__(self, event: Event) -> None:
        from aecore.training import EpochEnd, Finished, Progress

        match event:
            case Progress():
                figures = f"{_terms(event.terms)} · {event.examples_per_s:,.0f} examples/s"
                place = f"{self._place(event)} · {clock(event.seconds_left)} left"
                self._show(event.step, f"{place}\n{figures}")
            case EpochEnd():
                validation = f" · validation {_terms(event.validation)}" if event.validation else ""
                text = f"{self._place(event)} · {_terms(event.train)}{validation}"
                self._say(f"{text} · {event.examples_per_s:,.0f} examples/s")
            case Finished():
                why = {"done": "Trained", "stopped": "Stopped", "early": "No better for a while: ended"}[
                    event.why
                ]
                count = f"{event.epochs} epoch{'' if event.epochs == 1 else 's'}"
                text = f"{why} after {count}, keeping epoch {event.epoch}"
                if not self.training.fit.steps:
                    text = "Solved in closed form"
                self._show(self.training.fit.step, f"{text}; measuring, mapping, exporting{self.ending}")
                self._say(f"{text}; measuring, mapping, exporting{self.ending}")

    def _place(self, event: Progress | EpochEnd) -> str:
        """The epoch, and the stage where there are several that take epochs."""
        names = [stage.name for stage in self.training.fit.stages if stage.players]
        epoch = f"epoch {event.epoch}"
        if len(names) < 2:
            return epoch
        return f"{epoch}, stage {names.index(event.stage) + 1} of {len(names)} ({event.stage})"

    def _show(self, step: int, text: str) -> None:
        self.progress.update(self.task, completed=step, description=f"{self.training.id} · {text}")

    def _say(self, line: str) -> None:
        if self.plain:
            print(line, file=sys.stderr, flush=True)


def _terms(terms: Mapping[str, float]) -> str:
    shown = [name for name in ("loss", "distortion", "rate") if name in terms]
    return " · ".join(f"{name} {terms[name]:.4g}" for name in shown)


def clock(seconds: float) -> str:
    """A stretch of time, as 0:07 or 1:02:03."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
