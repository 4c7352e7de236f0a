"""The training loop: resident data, a few fused steps, and events for whoever listens."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Annotated, Literal

import torch
from torch import Tensor, nn

from aecore.data import Dataset, Split
from aecore.errors import UserError
from aecore.model import Autoencoder
from aecore.options import Range
from aecore.step import Losses, Player, Stage, Step
from aecore.training.device import resolve
from aecore.training.divergence import Watch
from aecore.training.events import EpochEnd, Event, Finished, Progress
from aecore.training.optimisers import Descent, layers_of, weights_of
from aecore.training.randomness import Randomness
from aecore.training.sums import Sums

VALIDATION_SEED = 0
VALIDATION_BATCH = 1000
TICK = 0.1  # seconds between two progress events
NUMBERS = (
    "stage_index", "stage_epoch", "epoch", "step", "best_epoch", "kept_epoch", "best_selection", "seconds",
)  # fmt: skip


class Fit:
    """A training, to be iterated over: each turn does some work and yields what happened.

    Between two events the caller may stop it or look at the model; after an ``EpochEnd`` it may
    store ``tensors()`` and ``numbers()``, from which ``restore`` goes on as if nothing had happened.
    The same seed gives the same weights on a CPU.

    Args:
        model: What is trained, in place.
        data: Its training and validation splits are moved to the device and stay there.

    Attributes:
        every: Steps from one ``Progress`` to the next, counted from the first of all; 0: a tenth of a second.

    Raises:
        UserError: If an option does not fit, or the training diverges.
    """

    def __init__(
        self,
        model: Autoencoder,
        data: Dataset,
        *,
        epochs: Annotated[int, Range(1, 100_000), "Times every training example is seen."] = 20,
        batch_size: Annotated[
            int, Range(1, 1_000_000), "Examples whose gradients are averaged in a step."
        ] = 128,
        lr: Annotated[float, Range(1e-8, 10), "Learning rate: how far a step goes."] = 1e-3,
        optimiser: Annotated[
            Literal["adam", "adamw", "sgd", "rmsprop"], "How gradients become steps."
        ] = "adam",
        lr_schedule: Annotated[
            Literal["constant", "linear", "cosine", "cooldown"],
            "How the learning rate falls to 1 % of itself by the end; cooldown: in the last quarter.",
        ] = "constant",
        lr_warmup: Annotated[
            float, Range(0, 1), "Part of the training over which the learning rate rises from 0."
        ] = 0.0,
        weight_decay: Annotated[
            float, Range(0, 10), "How strongly weights, not biases or σ, are pulled towards zero (L2)."
        ] = 0.0,
        l1: Annotated[
            float, Range(0, 10), "What a unit of absolute weight costs (L1), biases and σ left out."
        ] = 0.0,
        clip: Annotated[float, Range(0, 1e6), "Longest gradient a step may follow; 0: any."] = 0.0,
        patience: Annotated[
            int, Range(0, 100_000), "Epochs without a better one until it stops; 0: never."
        ] = 0,
        keep: Annotated[
            Literal["best", "last"], "Weights of which epoch are kept, by validation loss."
        ] = "best",
        seed: Annotated[int, Range(0, 2**31 - 1), "Where the random numbers start."] = 0,
        device: Annotated[str, "auto, cpu, mps, cuda or cuda:N."] = "auto",
        precision: Annotated[
            Literal["full", "bf16"], "Arithmetic of the passes; bf16 is quicker on a GPU."
        ] = "full",
    ) -> None:
        self.device = resolve(device)
        self.model = model.to(self.device)
        self.train, self.validation = data.train.to(self.device), data.validation.to(self.device)
        self.dynamic = data.dynamic
        if not len(self.train):
            raise UserError(f"{data.title} has no training examples.")
        self.batch_size = min(batch_size, len(self.train))
        normed = any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in model.modules())
        if self.batch_size == 1 and normed:
            raise UserError("--batch-norm needs batches of two examples or more; --batch-size is 1.")
        self.epochs, self.l1, self.patience, self.precision = epochs, l1, patience, precision
        self.keep_best = keep == "best" and len(self.validation) > 0
        self.randomness = Randomness(seed, self.device)
        self.stages, self.layers = model.stages(), layers_of(model)
        self.descents = [
            [
                Descent(player, optimiser, lr, weight_decay, clip, lr_schedule, lr_warmup)
                for player in stage.players
            ]
            for stage in self.stages
        ]
        self.stage_index = self.stage_epoch = self.epoch = self.step = 0
        self.best_epoch = self.kept_epoch = 0
        self.best_selection, self.seconds = math.inf, 0.0
        self.kept: dict[str, Tensor] = {}
        self.stopping, self.every = False, 0

    def stop(self) -> None:
        """Asks it to end after the step it is in; what is kept is the best epoch so far."""
        self.stopping = True

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch; a last batch of a single example is left out, for it has no variance."""
        full, rest = divmod(len(self.train), self.batch_size)
        return full + (rest > 1)

    def epochs_of(self, stage: Stage) -> int:
        """How many of the epochs a stage takes; a closed form takes none."""
        shares = sum(other.share for other in self.stages if other.players)
        return max(1, round(self.epochs * stage.share / shares)) if stage.players else 0

    @property
    def steps(self) -> int:
        """Steps of all stages."""
        return self.steps_per_epoch * sum(map(self.epochs_of, self.stages))

    def __iter__(self) -> Iterator[Event]:
        why = "done"
        for index in range(self.stage_index, len(self.stages)):
            self.stage_index, stage = index, self.stages[index]
            self.watch = Watch(self.precision)
            while self.stage_epoch < self.epochs_of(stage) and not self.stopping:
                if self.patience and self.epoch - self.best_epoch >= self.patience:
                    why = "early"
                    break
                yield from self._epoch(stage)
            if self.kept:
                self.model.load_state_dict(self.kept)
            if stage.solve:
                started = time.perf_counter()
                with self.randomness():
                    stage.solve(self.train)
                self.seconds += time.perf_counter() - started
            self.stage_epoch, self.best_epoch, self.best_selection, self.kept = 0, self.epoch, math.inf, {}
        self.model.eval()
        if not self.epoch and not self.stopping:
            yield self._solved()
        yield Finished("stopped" if self.stopping else why, self.kept_epoch, self.epoch, self.seconds)

    def _solved(self) -> EpochEnd:
        """What stands for the epochs of a model that is closed forms alone, so that it has a history too."""
        self.epoch = self.best_epoch = self.kept_epoch = 1
        player, splits = self.model.players()[0], (self.train, self.validation)
        train, validation = (self._measure(split, player, 1.0) if len(split) else {} for split in splits)
        speed = len(self.train) / max(self.seconds, 1e-9)
        return EpochEnd(1, self.stages[0].name, train, validation, True, 0.0, self.seconds, speed)

    def _epoch(self, stage: Stage) -> Iterator[Event]:
        descents = self.descents[self.stage_index]
        total = self.epochs_of(stage) * self.steps_per_epoch
        started = ticked = time.perf_counter()
        sums, seen = Sums(), 0
        gradients: dict[str, float] = {}
        with self.randomness():
            order = torch.randperm(len(self.train), device=self.device)
        k = 0
        while k < self.steps_per_epoch:
            with self.randomness():
                self.model.train()
                while True:
                    progress = (self.stage_epoch * self.steps_per_epoch + k) / total
                    index = order[k * self.batch_size :][: self.batch_size]
                    step = self._step(self.train.take(index), progress)
                    for descent in descents:
                        losses = self._losses(descent.player, step)
                        descent(losses.loss + self._l1(descent.player), progress)
                        self.watch(losses.loss, self.step + 1)
                        prefix = "" if descent is descents[0] else f"{descent.player.name}_"
                        sums.add(losses, len(index), prefix)
                        if k + 1 == self.steps_per_epoch:
                            gradients |= descent.gradients(self.layers)
                    k, self.step, seen = k + 1, self.step + 1, seen + len(index)
                    if self.stopping:
                        return
                    due = time.perf_counter() - ticked >= TICK
                    if k == self.steps_per_epoch or (self.step % self.every == 0 if self.every else due):
                        break
            ticked = time.perf_counter()
            speed, means = seen / (ticked - started), sums.means()
            self.watch.check(means["loss"])
            left = (self.steps - self.step) * self.batch_size / speed
            self.model.eval()  # who looks at it now must leave no trace in its statistics
            yield Progress(stage.name, self.step, self.steps, self.epoch + 1, means, speed, left)
            waited = time.perf_counter() - ticked
            started, ticked = started + waited, ticked + waited
        speed, means = seen / (time.perf_counter() - started), sums.means()
        self.watch.check(means["loss"])
        self.epoch, self.stage_epoch = self.epoch + 1, self.stage_epoch + 1
        validation, selection = self._validate(descents[0].player, self.stage_epoch / self.epochs_of(stage))
        self.watch.check_end(self.model, selection, self.step)
        best = selection < self.best_selection
        if best:
            self.best_selection, self.best_epoch = selection, self.epoch
        if best or not self.keep_best:
            self.kept = {name: value.detach().clone() for name, value in self.model.state_dict().items()}
            self.kept_epoch = self.epoch
        self.seconds += time.perf_counter() - started
        lr = descents[0].lr
        yield EpochEnd(
            self.epoch, stage.name, means, validation, best, lr, self.seconds, speed, gradients
        )  # fmt: skip

    def _step(self, batch: Split, progress: float) -> Step:
        """A batch as the model gets it: pixels drawn where the data are dynamic, then corrupted."""
        x = torch.bernoulli(batch.x) if self.dynamic and self.model.training else batch.x
        return self.model.prepare(Step(x, x, label=batch.label, progress=progress))

    def _losses(self, player: Player, step: Step) -> Losses:
        kind = torch.device(self.device).type
        with torch.autocast(kind, torch.bfloat16, enabled=self.precision == "bf16"):
            return player.loss(step)

    def _l1(self, player: Player) -> Tensor | float:
        if not self.l1:
            return 0.0
        return self.l1 * torch.stack([weight.abs().sum() for weight in weights_of(player)]).sum()

    def _validate(self, player: Player, progress: float) -> tuple[dict[str, float], float]:
        """Validation means as the schedules stand, and the loss with all of them at their end.

        The best epoch is chosen by the latter: an epoch trained while β was still low has a
        low loss, and is no better for it. Without a validation split the training goes on
        to its end, and its last epoch is kept; so it is where a critic measures the loss.
        """
        self.model.eval()
        if not len(self.validation):
            return {}, -float(self.epoch)
        now = self._measure(self.validation, player, progress)
        end = self._measure(self.validation, player, 1.0) if player.scheduled and progress < 1 else now
        return now, -float(self.epoch) if player.relative and math.isfinite(end["loss"]) else end["loss"]

    @torch.no_grad()
    def _measure(self, split: Split, player: Player, progress: float) -> dict[str, float]:
        sums = Sums()
        with Randomness(VALIDATION_SEED, self.device)():  # the same noise at every epoch
            for index in torch.arange(len(split), device=self.device).split(VALIDATION_BATCH):
                step = self._step(split.take(index), progress)
                sums.add(self._losses(player, step), len(index))
        return sums.means()

    def tensors(self) -> dict[str, Tensor]:
        """Everything to go on from, with ``numbers``: weights, optimisers, random state."""
        parts = {
            "model": self.model.state_dict(),
            "kept": self.kept,
            "random": self.randomness.state,
            **{
                f"descent.{self.stage_index}.{k}": d.tensors()
                for k, d in enumerate(self.descents[self.stage_index])
            },
        }
        return {f"{part}/{name}": value for part, values in parts.items() for name, value in values.items()}

    def numbers(self) -> dict[str, int | float]:
        """Where the training stands."""
        return {name: getattr(self, name) for name in NUMBERS}

    def restore(self, tensors: dict[str, Tensor], numbers: dict[str, int | float]) -> None:
        """Goes back to where ``tensors`` and ``numbers`` were read, at the end of an epoch."""
        parts: dict[str, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            part, _, name = key.partition("/")
            parts.setdefault(part, {})[name] = value
        for name in NUMBERS:
            setattr(self, name, numbers[name])
        self.model.load_state_dict(parts["model"])
        self.kept = {name: value.to(self.device) for name, value in parts.get("kept", {}).items()}
        for stage in self.stages[: self.stage_index]:
            if stage.solve and stage.again:
                stage.solve(self.train)
        self.randomness.restore(parts["random"])
        for k, descent in enumerate(self.descents[self.stage_index]):
            descent.restore(parts.get(f"descent.{self.stage_index}.{k}", {}))
