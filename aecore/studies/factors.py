"""At which β does a code keep factors apart?

β-TCVAE on shapes, one epoch of 50,000 images, twelve seeds at each β. Measured is the mutual information
gap without the shape, which has three values and no order: over scale, orientation and both positions. More
depends on the seed than on β, for position may lie askew in the plane that codes it.
"""

from aecore.studies.study import Setting, Study

STUDY = Study(
    name="factors",
    title="At which β does a code keep factors apart?",
    varies="β",
    metric="mig_without_shape",
    also=("mig",),
    common={
        "shapes": {
            "variant": "beta-tc-vae", "latent_dim": 10, "hidden": [256, 256], "activation": "gelu",
            "likelihood": "bernoulli", "train_examples": 52_000, "epochs": 1, "batch_size": 64, "lr": 3e-3,
            "lr_schedule": "constant", "lr_warmup": 0.02, "keep": "last",
        }
    },
    settings=tuple(Setting(f"{b:g}", {"beta": b}, b) for b in (4.0, 6.0, 8.0, 10.0)),
    seeds=12,
    module=__name__,
)  # fmt: skip
