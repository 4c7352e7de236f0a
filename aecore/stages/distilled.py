"""Knowledge distillation: a large autoencoder trained first, a small one held to what it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from aecore.data import DataSpec, Split
from aecore.model import Autoencoder
from aecore.objectives import Model, Reconstruction, Term
from aecore.stages.layers import parameters
from aecore.step import Pass, Player, Stage, Step


class Distilled(Autoencoder):
    """A student, and its teacher as long as it is trained.

    The last stage dismisses the teacher: what is stored and exported is the student alone, and the
    numbers the lesson leaves, the distortion of both on the training split and the teacher's size.

    Args:
        teacher: An autoencoder of the same data and likelihood.
        teacher_share: Part of the epochs in which the teacher learns.
        parts: The student's, as :class:`~aecore.model.Autoencoder` has them.

    Source:
        Hinton, Vinyals & Dean (2015). https://arxiv.org/abs/1503.02531
    """

    teacher: Autoencoder | None
    between: nn.Linear | None
    teacher_distortion: Tensor
    student_distortion: Tensor
    teacher_parameters: Tensor

    def __init__(self, spec: DataSpec, teacher: Autoencoder, teacher_share: float, **parts: Any) -> None:
        super().__init__(spec, **parts)
        self.teacher, self.teacher_share = teacher, teacher_share
        told = any(isinstance(term, TeacherCode) for term in self.objective.terms)
        self.between = nn.Linear(self.latent_dim, teacher.latent_dim) if told else None
        self.register_buffer("teacher_distortion", torch.zeros(()))
        self.register_buffer("student_distortion", torch.zeros(()))
        self.register_buffer("teacher_parameters", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def lesson(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The teacher's code of examples, shape (B, D), and what its decoder makes of it, (B, *shape)."""
        assert self.teacher
        self.teacher.eval()
        z = self.teacher.encode(x)
        return z, self.teacher.decode_raw(z)

    def stages(self) -> tuple[Stage, ...]:
        train, *closed = super().stages()
        if self.teacher is None:
            return train, *closed
        of_teacher = parameters(self.teacher)
        student = tuple(p for p in self.parameters() if all(p is not other for other in of_teacher))
        taught = Player("student", student, self.losses)
        return (
            Stage("teacher", (Player("teacher", of_teacher, self.teacher.losses),), share=self.teacher_share),
            Stage("student", (taught,), share=1 - self.teacher_share),
            *closed,
            Stage("dismiss", solve=self.dismiss),
        )

    @torch.no_grad()
    def dismiss(self, train: Split) -> None:
        """Notes how far the teacher and the student are from the training split, and lets the teacher go."""
        self.eval()
        assert self.teacher
        for model, note in ((self.teacher, self.teacher_distortion), (self, self.student_distortion)):
            raws = ((p.x, model.decode_raw(model.encode(p.x), None, p.x)) for p in train.batches(1000))
            note.copy_(torch.cat([model.likelihood.distortion(raw, x) for x, raw in raws]).double().mean())
        self.teacher_parameters.fill_(sum(p.numel() for p in self.teacher.parameters()))
        self._alone()

    def _alone(self) -> None:
        self.teacher = self.between = None
        self.objective = 1.0 * Reconstruction()

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """Loads weights; where there are none of a teacher, it has been dismissed."""
        if not any(name.startswith("teacher.") for name in state_dict):
            self._alone()
        return super().load_state_dict(state_dict, strict, assign)

    def diagnostics(self, test: Split) -> dict[str, float | list[float]]:
        values = super().diagnostics(test)
        if int(self.teacher_parameters):
            values["teacher_distortion"] = float(self.teacher_distortion)
            values["student_distortion"] = float(self.student_distortion)
            values["teacher_parameters"] = int(self.teacher_parameters)
        return values


def lesson_of(model: Model, step: Step, passed: Pass) -> tuple[Tensor, Tensor]:
    """The teacher's code of the target and what its decoder makes of it; the terms of one pass share them."""
    if "lesson" not in passed.shared:
        passed.shared["lesson"] = cast(Distilled, model).lesson(step.target)
    return cast(tuple[Tensor, Tensor], passed.shared["lesson"])


class TeacherOutput(Term):
    """How far the student's reconstruction is from the teacher's, by the likelihood's distortion.

    Of a series step by step as long as the example lasts, and whether it goes on as the teacher says.
    """

    name = "teacher_output"
    latex = r"d\left(\hat x_T,\; \hat x\right)"

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        _, said = lesson_of(model, step, passed)
        return model.likelihood.apart(passed.raw, said, step.target)  # (B,)


class TeacherCode(Term):
    """How far a linear map of the student's code is from the teacher's code."""

    name = "teacher_code"
    unit = "squared code units"
    latex = r"\tfrac12 \lVert A z + b - z_T \rVert^2"

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        code, _ = lesson_of(model, step, passed)
        between = cast(Distilled, model).between
        assert between
        return 0.5 * (between(passed.z) - code).square().sum(1)  # (B,)
