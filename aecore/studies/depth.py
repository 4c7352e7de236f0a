"""How much does depth buy?

The encoder has 1, 2, 4, 6 or 8 hidden layers of 256 units, the decoder mirrors it, the code has 16
numbers; everything else is the same, and so is the number of steps. A widely copied study guide claims
that the test error falls from .089 to .048 as layers are added. Measured is the mean squared error of a
pixel of the test split.
"""

from aecore.studies.study import Setting, Study, on_both

STUDY = Study(
    name="depth",
    title="How much does depth buy?",
    varies="hidden layers",
    metric="mse",
    also=("knn5_accuracy",),
    common=on_both(variant="autoencoder", latent_dim=16, init="he"),
    settings=tuple(Setting(str(n), {"hidden": [256] * n}, n) for n in (1, 2, 4, 6, 8)),
    module=__name__,
)
