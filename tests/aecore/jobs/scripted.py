"""Live trainings in this very process, told what to do at which step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aecore.jobs.link import Link
from aecore.jobs.live import Live
from aecore.jobs.places import home
from aecore.jobs.recording import Frame, Recording
from aecore.jobs.records import Command, Job, Spec
from aecore.jobs.settings import Limits
from aecore.jobs.store import Store
from aecore.jobs.training import Outcome

SMALL: dict[str, Any] = {
    "latent_dim": 2, "hidden": [32], "batch_size": 256, "lr": 5e-3, "device": "cpu", "binarise": "threshold",
}  # fmt: skip
Script = Mapping[int, Sequence[tuple[str, Any]]]


class Scripted(Link):
    """Hands out commands once the training has done so many steps."""

    def __init__(self, store: Store, job: str, script: Script) -> None:
        super().__init__(store, job)
        self.script, self.live = dict(script), None  # type: tuple[dict[int, Any], Live | None]
        self.refused: dict[str, str] = {}
        self.answered: list[Command] = []

    def commands(self, now: bool = False) -> list[Command]:
        assert self.live
        due = [step for step in self.script if step <= self.live.run.fit.step]
        said = [each for step in sorted(due) for each in self.script.pop(step)]
        return [self.store.say(self.job, name, value) for name, value in said]

    def answer(self, command: Command, refusal: str = "", state: str = "") -> None:
        super().answer(command, refusal, state)
        self.answered.append(command)
        if refusal:
            self.refused[command.name] = refusal


class Session:
    """A live job of a test: sittings, and what they recorded.

    Args:
        variant: Of the model.
        options: Beside those of ``SMALL``.
    """

    def __init__(self, variant: str = "beta-vae", **options: Any) -> None:
        chosen = SMALL | options
        self.store = Store()
        self.job: Job = self.store.add(Spec(variant, "digits", chosen, kind="live"), "nobody", "cpu", 9, 9)
        self.folder = Path(home() / "jobs" / self.job.id)
        self.folder.mkdir(parents=True)
        self.recording = Recording(self.folder)

    def live(self, script: Script, limits: Limits = Limits()) -> Live:  # noqa: B008 (frozen)
        """A sitting, not yet begun."""
        link = Scripted(self.store, self.job.id, script)
        link.live = live = Live(self.store.job(self.job.id), link, limits)
        return live

    def sit(self, script: Script, limits: Limits = Limits()) -> Outcome:  # noqa: B008
        """A sitting, to its end."""
        return self.live(script, limits).train()

    def frames(self) -> list[Frame]:
        """Everything that was recorded."""
        return self.recording.range()

    def close(self) -> None:
        """Closes the store."""
        self.store.close()


Make = Callable[..., Session]
