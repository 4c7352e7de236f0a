"""Which optimiser, and how fast?

The same autoencoder descended by Adam, AdamW, RMSprop and SGD, each at two or three learning rates about
those that are usual for it, the rate falling to a hundredth along a cosine. AdamW has its weight decay of
.01: without any it would be Adam. A rate with which the training diverged has no row.
"""

from aecore.studies.study import Setting, Study, on_both

RATES = {"adam": (3e-4, 1e-3, 3e-3), "adamw": (1e-3, 3e-3), "rmsprop": (3e-4, 1e-3), "sgd": (1e-3, 1e-2)}
MORE = {"adamw": {"weight_decay": 0.01}}

STUDY = Study(
    name="optimisers",
    title="Which optimiser, and how fast?",
    varies="optimiser and learning rate",
    metric="mse",
    also=("knn5_accuracy",),
    common=on_both(variant="autoencoder", latent_dim=16, hidden=[512], activation="gelu"),
    settings=tuple(
        Setting(f"{name}, {rate:g}", {"optimiser": name, "lr": rate, **MORE.get(name, {})})
        for name, rates in RATES.items()
        for rate in rates
    ),
    module=__name__,
)
