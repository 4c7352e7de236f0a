"""Studies: questions that textbooks answer with a number, put to our own measurement.

``aecore study list`` names them, ``run`` trains them, ``show`` prints what is stored. A study is one
file: its docstring asks, its ``STUDY`` says what is trained and measured, ``results/`` holds the answer.
"""

from aecore.studies import (
    activations,
    beta,
    blur,
    depth,
    factors,
    labels,
    latent,
    noise,
    optimisers,
    pretraining,
)
from aecore.studies.results import SHIPPED, Estimate, Line, estimates, store, stored, table, user_folder
from aecore.studies.study import ESTIMATES, Setting, Study, find

STUDIES: dict[str, Study] = {
    each.STUDY.name: each.STUDY
    for each in (depth, latent, noise, beta, factors, blur, pretraining, activations, optimisers, labels)
}
"""Every study by its name, in the order in which to show them."""

__all__ = [
    "ESTIMATES",
    "SHIPPED",
    "STUDIES",
    "Estimate",
    "Line",
    "Setting",
    "Study",
    "estimates",
    "find",
    "store",
    "stored",
    "table",
    "user_folder",
]
