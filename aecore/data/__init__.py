"""Data sets: one type, one registry, tensors in their own units.

Nothing here imports torch, scikit-learn or torchvision before a data set is loaded.
"""

# Importing a loader's module registers it; lists show them in this order.
from aecore.data import digits as digits
from aecore.data import mnist as mnist
from aecore.data import shapes as shapes
from aecore.data import tables as tables
from aecore.data import waves as waves
from aecore.data import words as words
from aecore.data.binarise import Binarise
from aecore.data.dataset import Dataset, DataSpec, Factor, Split
from aecore.data.folders import data_folder
from aecore.data.registry import (
    DatasetInfo,
    available,
    dataset_options,
    download,
    kind_of,
    list_datasets,
    load_dataset,
    spec_of,
    training_defaults,
)

__all__ = [
    "Binarise",
    "DataSpec",
    "Dataset",
    "DatasetInfo",
    "Factor",
    "Split",
    "available",
    "data_folder",
    "dataset_options",
    "download",
    "kind_of",
    "list_datasets",
    "load_dataset",
    "spec_of",
    "training_defaults",
]
