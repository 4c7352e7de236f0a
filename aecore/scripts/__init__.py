"""A model's code: one short script of PyTorch that makes and trains the very same model without Loupe.

Composition mirrors composition. A model is network × bottleneck × objective, trained in stages on some
data; so is its script, put together of snippets, one for each of these parts, registered under the class
they write (``page.writes``). A new variant made of known parts needs no code here, and of one with an
unknown part the part is named. On a CPU the script starts from the same weights, sees the same
examples in the same order with the same noise, and so has the same losses, step by step.
"""

from __future__ import annotations

# Importing a room registers its snippets.
from aecore.scripts import bottlenecks as bottlenecks
from aecore.scripts import bounds as bounds
from aecore.scripts import closed as closed
from aecore.scripts import critics as critics
from aecore.scripts import distilled as distilled
from aecore.scripts import judged as judged
from aecore.scripts import ladder as ladder
from aecore.scripts import layered as layered
from aecore.scripts import likelihoods as likelihoods
from aecore.scripts import models as models
from aecore.scripts import networks as networks
from aecore.scripts import objectives as objectives
from aecore.scripts import quantised as quantised
from aecore.scripts import rates as rates
from aecore.scripts import semi_supervised as semi_supervised
from aecore.scripts import sequences as sequences
from aecore.scripts.script import script

__all__ = ["script"]
