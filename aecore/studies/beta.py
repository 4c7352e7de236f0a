"""What does β buy, and what does it cost?

A VAE with binary pixels, trained at β from .1 to 32. Rate is what the code stores, distortion what the
decoder misses, both in nats; dimensions die as β grows, and in the end all of them do: posterior collapse.
Raising β is no cure for it, whatever a widely copied guide says: it is the cause.
"""

from aecore.studies.study import Setting, Study, on_both

STUDY = Study(
    name="beta",
    title="What does β buy, and what does it cost?",
    varies="β",
    metric="rate",
    also=("distortion", "active_units", "mse", "knn5_accuracy"),
    common=on_both(variant="beta-vae", latent_dim=16, hidden=[512], activation="gelu", binarise="threshold"),
    settings=tuple(Setting(f"{b:g}", {"beta": b}, b) for b in (0.1, 0.3, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)),
    log=True,
    plane=("rate", "distortion"),
    module=__name__,
)
