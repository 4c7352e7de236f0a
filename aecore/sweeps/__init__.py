"""Sweeps: a family of VAEs along β, whose neighbours' weights can be tweened.

A sweep is a folder without pickles. ``sweep.json`` says what it is, what was measured of each member and
half way between each two, and the sha256 of everything else; ``weights.safetensors`` has every parameter
of every member, shape (K, …), in half precision; ``encoder.onnx`` and ``decoder.onnx`` are graphs whose
weights are inputs; ``codes.safetensors`` has codes of the same test examples by every member, and maps.

For the app, none of which loads PyTorch::

    list_sweeps()                   every sweep, shipped ones first; damaged() those that are not
    open_sweep("mnist/vae-2d")      one of them: a Sweep
    sweep.card.members[k]           a trained β: rate, distortion, metrics, objective
    sweep.card.between[k]           half way to the next: how good the tween is (excess, in nats)
    sweep.codes.map("pca")          maps, shape (K, N, 2), in which points travel as little as they must
    sweep.weights_at(beta)          the weights at any β; locate(betas, beta) says between which members
    sweep.encode(x, beta), sweep.decode(z, beta)
    aecore.scenes.sweep             what a browser gets

``sweep.model(beta)`` is the model in PyTorch, ``aecore.sweeps.run`` trains. Warm starts keep neighbours in
one basin: the mean of their weights is, at the β between, about as good as the better of them; ``excess``
says by how many nats it is not. From β = 0 the tween goes by √β, or most of it would happen at once.
"""

from aecore.sweeps.betas import between, locate, parse
from aecore.sweeps.card import Between, Member, SweepCard
from aecore.sweeps.codes import SweepCodes
from aecore.sweeps.store import damaged, list_sweeps, open_sweep, sweeps_root
from aecore.sweeps.sweep import Sweep

__all__ = [
    "Between",
    "Member",
    "Sweep",
    "SweepCard",
    "SweepCodes",
    "between",
    "damaged",
    "list_sweeps",
    "locate",
    "open_sweep",
    "parse",
    "sweeps_root",
]
