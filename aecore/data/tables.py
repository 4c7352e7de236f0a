"""A table that comes with scikit-learn: thirty measurements of cell nuclei, and two diagnoses."""

from __future__ import annotations

import numpy as np

from aecore.data.dataset import DataSpec, Split
from aecore.data.registry import Loaded, dataset
from aecore.data.splits import complement, stratified

TEST = 114
QUANTITIES = (
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave points",
    "symmetry",
    "fractal dimension",
)
COLUMNS = (
    *(f"mean {name}" for name in QUANTITIES),
    *(f"{name} error" for name in QUANTITIES),
    *(f"worst {name}" for name in QUANTITIES),
)


@dataset(
    title="Breast cancer",
    kind="table",
    shape=(len(COLUMNS),),
    values="real",
    classes=("malignant", "benign"),
    columns=COLUMNS,
    examples=569,
    validation=55,
    training={"epochs": 200, "batch_size": 64, "lr": 2e-3},
    licence="CC BY 4.0",
    source="https://archive.ics.uci.edu/dataset/17/breast+cancer+wisconsin+diagnostic",
)
def breast_cancer(spec: DataSpec) -> Loaded:
    """Thirty measurements of the cell nuclei in 569 biopsies, by Wolberg, Street and Mangasarian (1995).

    Mean, standard error and worst value of ten quantities in each image of a biopsy, as
    scikit-learn ships them; 114 of them, both diagnoses in proportion, are for testing here.
    """
    import torch
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    whole = Split(torch.from_numpy(bunch.data), torch.from_numpy(bunch.target.astype(np.int64)))
    test = stratified(bunch.target, TEST, seed=0)
    pool = complement(test, len(whole))
    return Loaded(spec, whole.take(torch.from_numpy(pool)), whole.take(torch.from_numpy(test)))
