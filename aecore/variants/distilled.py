r"""Distilled autoencoder: a small student learns from a large teacher.

.. math:: \mathcal{L}(x) = d(x, \hat x) + \lambda\, d(\hat x_T, \hat x)
          + \kappa\, \tfrac12 \lVert A z + b - z_T \rVert^2

The teacher, with wider and more layers, is trained first. Then the student gets its code :math:`z` and its
reconstruction :math:`\hat x` from the example :math:`x` and is held to :math:`x`, to the teacher's
reconstruction :math:`\hat x_T` with weight :math:`\lambda`, and through a learned linear map :math:`A, b`
to the teacher's code :math:`z_T` with weight :math:`\kappa`. The distortion :math:`d` is the likelihood's.
At the end the teacher is dismissed: the bundle holds the student alone.

**When to use it.** Where a small model must do, in a browser say, and a large one can be trained.

**What to look for.** The distortion of teacher and student side by side, and a plain autoencoder of the
student's size with as many epochs: is it worth the teacher?

**Limits.** A reconstruction already has its perfect target, the example itself: a teacher's output tells less
here than a classifier's soft labels do. What can help is its code.
"""

from typing import Annotated

from aecore.bottlenecks import Point
from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.likelihoods import MSE, LikelihoodOf
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import Reconstruction
from aecore.options import Range
from aecore.stages.distilled import Distilled, TeacherCode, TeacherOutput
from aecore.variants.registry import variant


@variant(title="Distilled autoencoder", source="https://arxiv.org/abs/1503.02531")
def distilled(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 1024), "Numbers in the student's code."] = 16,
    teacher_hidden: Annotated[
        tuple[int, ...], Range(1, 16384), "Units of each hidden layer of the teacher, a perceptron."
    ] = (1024, 512),
    teacher_dim: Annotated[int, Range(1, 1024), "Numbers in the teacher's code."] = 32,
    teacher_share: Annotated[
        float, Range(0.05, 0.95), "Part of the epochs in which the teacher learns."
    ] = 0.5,
    output_weight: Annotated[
        float, Range(0, 1000), "What a unit of distance from the teacher's reconstruction costs."
    ] = 1.0,
    code_weight: Annotated[
        float, Range(0, 1000), "What a unit of squared distance from the teacher's code costs."
    ] = 0.1,
    net: Net = mlp,
    likelihood: LikelihoodOf = MSE,
) -> Autoencoder:
    if data.values == "token":
        raise UserError(
            f"The teacher is a perceptron, for numbers; {data.name} is made of tokens. Use another variant."
        )
    objective = 1.0 * Reconstruction()
    if output_weight:
        objective = objective + output_weight * TeacherOutput()
    if code_weight:
        objective = objective + code_weight * TeacherCode()
    teacher = Autoencoder(
        data,
        net=mlp(data, hidden=teacher_hidden, activation="gelu", init="he"),
        bottleneck=Point(teacher_dim),
        likelihood=likelihood(data),
        objective=Reconstruction(),
    )
    return Distilled(
        data,
        teacher,
        teacher_share,
        net=net(data),
        bottleneck=Point(latent_dim),
        likelihood=likelihood(data),
        objective=objective,
    )
