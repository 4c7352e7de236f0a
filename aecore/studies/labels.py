"""How many labels does it take?

M1+M2 on digits, of which 10 to 200 training examples keep their label, as many of each class; the others are
seen without. Measured is the share of test examples whose class it gets wrong. With 1 % of the labels the
classes must be where the features fall into clusters by themselves; what more labels bring grows less.
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
            **DIGITS, "variant": "m1-m2", "hidden": [256], "activation": "gelu", "latent_dim": 8,
            "m1_dim": 16, "m2_hidden": [128], "keep": "last",
        }
    },
    settings=tuple(Setting(f"{n}", {"labelled": n}, n) for n in (10, 20, 50, 100, 200)),
    log=True,
    module=__name__,
)  # fmt: skip
