"""A large autoencoder first, then a small one held to what it says."""

from __future__ import annotations

from typing import Any

from aecore.bottlenecks import Point
from aecore.model import Autoencoder
from aecore.nets.mlp import MlpEncoder
from aecore.scripts.layers import linear
from aecore.scripts.likelihoods import mean_of
from aecore.scripts.loop import Player, Stage
from aecore.scripts.models import loss, parts
from aecore.scripts.objectives import Around, Term
from aecore.scripts.page import Network, Page, no_code, writes
from aecore.stages.distilled import Distilled, TeacherCode, TeacherOutput

INIT = ("he", "gelu", "gelu")


@writes(TeacherOutput)
def teacher_output(term: TeacherOutput, page: Page, *, around: Around) -> Term:
    """The student's reconstruction to the teacher's."""
    line = "lesson = self.distortion(raw, taught)  # from the teacher's reconstruction, (B,)"
    return Term("d(x̂_T, x̂)", "lesson", [line])


@writes(TeacherCode)
def teacher_code(term: TeacherCode, page: Page, *, around: Around) -> Term:
    """The student's code to the teacher's, through a linear map."""
    line = "apart = 0.5 * (self.between(z) - taught_code).square().sum(1)  # from the teacher's code, (B,)"
    return Term("½‖Az + b − z_T‖²", "apart", [line])


@writes(Distilled)
def distilled(model: Distilled, page: Page) -> list[Stage]:
    """The teacher's stage, then the student's."""
    teacher = model.teacher
    if type(teacher) is not Autoencoder or type(teacher.bottleneck) is not Point:
        raise no_code(f"a teacher that is a {type(teacher).__name__}")
    if type(teacher.encoder) is not MlpEncoder:
        raise no_code(f"a teacher whose encoder is a {type(teacher.encoder).__name__}")
    network = _teacher(teacher, page)
    written = parts(model, page)
    if model.between is not None:
        page.layer(model.between, f"self.between = {linear(model.between)}")
    code, mean = "taught_code", mean_of(model.likelihood, page)
    taught = mean.format(raw=network.decode.format(z=code, x="x"))
    lesson = [
        "with torch.no_grad():  # what the teacher says",
        f"    {code} = self.teacher_code({network.encode.format(x='x')})",
        f"    taught = {taught}",
    ]
    loss(model, page, *written, before=lesson if len(model.objective.terms) > 1 else [])
    chosen = '[p for name, p in model.named_parameters() if {}name.startswith("teacher_")]'
    return [
        Stage("teacher", [Player("loss", "model.teacher_loss", chosen.format(""))]),
        Stage("student", [Player("loss", "model.loss", chosen.format("not "))]),
    ]


def _teacher(teacher: Autoencoder, page: Page) -> Network:
    network: Network = page.write(teacher.encoder, decoder=teacher.decoder, name="teacher_", init=INIT)
    head: Any = teacher.bottleneck
    page.layer(head.z, f"self.teacher_code = {linear(head.z)}")
    learned = list(teacher.likelihood.parameters())
    sigma = {"sigma": "teacher_raw_log_sigma"} if learned else {}
    page.write(teacher.likelihood, name="teacher_distortion", **sigma)
    page.method(f'''
def teacher_loss(self, x):
    """The teacher's: how far its reconstruction is from the example."""
    z = self.teacher_code({network.encode.format(x="x")})
    raw = {network.decode.format(z="z", x="x")}
    return self.teacher_distortion(raw, x).mean()
''')
    return network
