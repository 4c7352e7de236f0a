"""Which activation, and does the code want one?

One hidden layer of 512 units on each side and a code of 16, with each activation in encoder and decoder,
and with the code left linear or bent. A ReLU decoder is not "poor" inside, as a widely copied guide has
it: only its output layer has to match the data's range.
"""

from aecore.studies.study import Setting, Study, on_both

STUDY = Study(
    name="activations",
    title="Which activation, and does the code want one?",
    varies="activation",
    metric="mse",
    also=("knn5_accuracy",),
    common=on_both(variant="autoencoder", latent_dim=16, hidden=[512]),
    settings=(
        *(Setting(name, {"activation": name}) for name in ("relu", "tanh", "elu", "gelu", "sigmoid")),
        *(Setting(f"relu, code {name}", {"code": name}) for name in ("relu", "tanh", "sigmoid")),
        Setting("gelu, decoder relu", {"activation": "gelu", "decoder_activation": "relu"}),
    ),
    module=__name__,
)
