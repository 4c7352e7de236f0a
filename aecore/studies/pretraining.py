"""Does layer-wise pretraining still pay?

A deep autoencoder, 512-256-128-16, trained at once; after greedy pretraining of each layer by an
autoencoder; and after pretraining by restricted Boltzmann machines, as in 2006. All have the same number of
epochs in total, pretraining counted. With the sigmoid units of 2006, and with ReLU and He's start: there
without RBMs, whose units are on or off.
"""

from aecore.studies.study import Setting, Study, on_both

UNITS = {"sigmoid": "xavier", "relu": "he"}
WAYS = {"none": "at once", "autoencoders": "by autoencoders", "rbm": "by RBMs"}

STUDY = Study(
    name="pretraining",
    title="Does layer-wise pretraining still pay?",
    varies="pretraining",
    metric="mse",
    also=("knn5_accuracy",),
    common=on_both(variant="stacked", hidden=[512, 256, 128], latent_dim=16),
    settings=tuple(
        Setting(f"{unit}, {said}", {"activation": unit, "init": init, "pretraining": way})
        for unit, init in UNITS.items()
        for way, said in WAYS.items()
        if (unit, way) != ("relu", "rbm")
    ),
    module=__name__,
)
