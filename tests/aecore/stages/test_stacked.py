"""Layer after layer: what moves, what stands still, what each learns."""

from __future__ import annotations

from typing import Any, cast

import pytest
import torch

from aecore.errors import UserError
from aecore.likelihoods import MSE
from aecore.options import options_of
from aecore.stages.layers import deep_mlp
from aecore.stages.stacked import Stacked
from aecore.step import Step
from aecore.training import EpochEnd, Fit
from tests.aecore.small import digits, epochs, equal, fit, model, weights

DATA = digits(1200)
X = DATA.train.x[:64]
RBM = {"pretraining": "rbm", "activation": "sigmoid"}
LAYERS = {
    "layer 1": {"encoder.blocks.0.0", "decoder.output"},
    "layer 2": {"encoder.blocks.1.0", "decoder.blocks.1.0"},
    "layer 3": {"bottleneck.z", "decoder.blocks.0.0"},
}


def stack(**options: Any) -> Stacked:
    return cast(Stacked, model("stacked", hidden=(32, 16), **options))


@pytest.mark.parametrize("options", [{}, RBM, {"noise": 0.3}])
def test_each_stage_moves_its_own_layer_and_the_last_moves_all(options: dict[str, Any]) -> None:
    made = stack(**options)
    before, moved = weights(made), dict[str, set[str]]()
    training = Fit(made, digits(), epochs=8, batch_size=64, lr=3e-3, device="cpu")
    assert [stage.name for stage in training.stages if stage.players] == [*LAYERS, "train"]
    for event in training:
        if isinstance(event, EpochEnd):
            after = weights(made)
            changed = {
                name.rpartition(".")[0] for name in after if not torch.equal(before[name], after[name])
            }
            moved[event.stage] = moved.get(event.stage, set()) | changed
            before = after
    for name, parts in LAYERS.items():
        assert moved[name] == parts
    assert moved["train"] == set.union(*LAYERS.values())


@pytest.mark.parametrize("options", [{}, RBM, {"noise": 0.3}])
def test_a_layers_gradient_reaches_it_alone(options: dict[str, Any]) -> None:
    made = stack(**options)
    for stage in made.stages()[:3]:
        made.zero_grad(set_to_none=True)
        stage.players[0].loss(Step(X, X)).loss.backward()
        reached = {name.rpartition(".")[0] for name, p in made.named_parameters() if p.grad is not None}
        assert reached == LAYERS[stage.name]


@pytest.mark.parametrize(
    ("options", "term"),
    [({}, "feature_distortion"), (RBM, "reconstruction_error")],
    ids=["autoencoders", "rbm"],
)
def test_every_layer_learns(options: dict[str, Any], term: str) -> None:
    ends = epochs(fit(stack(**options), DATA, epochs=16, lr=5e-3))
    for stage in (*LAYERS, "train"):
        ours = [end for end in ends if end.stage == stage]
        name = "distortion" if stage == "train" or (stage == "layer 1" and not options) else term
        assert ours[-1].train[name] < 0.9 * ours[0].train[name], stage


def test_unrolled_the_mirrors_do_what_the_machines_do() -> None:
    made = stack(**RBM)
    made.unroll(DATA.train)
    h = X.flatten(1)
    for k in range(3):
        h = made.machine(k).up(h)
    torch.testing.assert_close(made.encode(X), h)
    for k in reversed(range(3)):
        h = made.machine(k).down(h)
    torch.testing.assert_close(made.reconstruct(X).flatten(1), h)
    assert isinstance(made.likelihood, MSE)


def test_pretraining_gives_a_deep_sigmoid_network_a_start() -> None:
    budget = {"epochs": 8, "lr": 3e-3}
    pretrained = [end for end in epochs(fit(stack(**RBM), DATA, **budget)) if end.stage == "train"]
    plain = epochs(fit(stack(pretraining="none", activation="sigmoid"), DATA, **budget))
    assert len(plain) == 8
    assert pretrained[0].train["distortion"] < plain[0].train["distortion"]


def test_noise_is_on_the_input_alone() -> None:
    made, clean = stack(noise=0.5), stack()
    assert equal(weights(made), weights(clean))
    torch.manual_seed(1)
    kept = torch.rand(len(X), 64) >= 0.5
    torch.manual_seed(1)
    missed = made.rebuild(0, Step(X, X)).loss
    raw = clean.decoder.output(clean.encoder.blocks[0](X.flatten(1) * kept))
    torch.testing.assert_close(missed, clean.likelihood.distortion(raw.view_as(X), X).mean())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"pretraining": "rbm"}, "--pretraining rbm wants --activation sigmoid"),
        ({**RBM, "dropout": 0.1}, "no --dropout"),
        ({**RBM, "hidden": ()}, "wants --hidden layers"),
        ({**RBM, "noise": 0.1}, "--noise is for layers that are autoencoders"),
        ({"cd_steps": 2}, "--cd-steps is for layers that are Boltzmann machines"),
        ({"net": "conv"}, "no net called 'conv'"),
    ],
)
def test_what_does_not_fit_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        model("stacked", **{"hidden": (32, 16), **options})


def test_other_defaults_change_nothing_else() -> None:
    from aecore.nets import mlp

    ours, theirs = options_of(deep_mlp), options_of(mlp)
    assert ours["hidden"].default == (512, 256, 128)
    assert {name for name in ours if ours[name] != theirs[name]} == {"hidden"}
    assert len(deep_mlp(DATA.spec).encoder.widths) == 3
    assert len(deep_mlp(DATA.spec, hidden=(8,)).encoder.widths) == 1
