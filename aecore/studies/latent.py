"""How many numbers does a code need?

The same autoencoder with codes of 2 to 64 numbers, beside PCA with as many. Where the curve bends, the
code has about as many numbers as the data have directions; two estimates of that intrinsic dimension,
from the distances of nearest neighbours alone, stand beside it. Measured is the mean squared error of a
pixel of the test split.
"""

from aecore.studies.study import Setting, Study, on_both

STUDY = Study(
    name="latent",
    title="How many numbers does a code need?",
    varies="numbers in a code",
    metric="mse",
    also=("pca_mse", "knn5_accuracy"),
    common=on_both(variant="autoencoder", hidden=[512], activation="gelu"),
    settings=tuple(Setting(str(k), {"latent_dim": k}, k) for k in (2, 4, 8, 16, 32, 64)),
    log=True,
    beside={"mse": ("pca_mse", "PCA")},
    of_data=("two_nn", "levina_bickel"),
    module=__name__,
)
