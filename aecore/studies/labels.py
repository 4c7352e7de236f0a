"""How many labels does it take?

M1+M2 on digits, of which 10 to 200 training examples keep their label, as many of each class; the others are
seen without. Measured is the share of test examples whose class it gets wrong. Where a class has one labelled
example, its place must be one that the features have found by themselves.
"""

from aecore.studies.study import DIGITS, Setting, Study

STUDY = Study(
    name="labels",
    title="How many labels does it take?",
    varies="labels",
    metric="classification_error",
    also=("mse",),
    common={
        "digits": {
            **DIGITS, "epochs": 300, "variant": "m1-m2", "latent_dim": 8, "m1_dim": 16, "hidden": [256],
            "m2_hidden": [128], "activation": "gelu", "keep": "last",
        }
    },
    settings=tuple(Setting(f"{n}", {"labelled": n}, n) for n in (10, 20, 50, 100, 200)),
    log=True,
    module=__name__,
)  # fmt: skip
