"""How much noise teaches most?

A denoising autoencoder trained with Gaussian noise of σ = 0 to 1 on pixels in [0, 1]. Little noise leaves
a plain autoencoder; too much, and it answers with the average example. Measured is how well a linear probe
reads the class from codes of clean test examples, and the squared error of clean ones rebuilt.
"""

from aecore.studies.study import Setting, Study, on_both

STUDY = Study(
    name="noise",
    title="How much noise teaches most?",
    varies="σ of the noise",
    metric="probe_accuracy",
    also=("mse", "denoised_mse", "knn5_accuracy"),
    common=on_both(variant="denoising", latent_dim=16, hidden=[512], activation="gelu"),
    settings=tuple(Setting(f"{s:g}", {"level": s}, s) for s in (0.0, 0.1, 0.2, 0.4, 0.7, 1.0)),
    module=__name__,
)
