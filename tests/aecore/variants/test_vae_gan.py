"""VAE-GAN: three losses by hand, each of whose gradients stays with its own player."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from aecore.bottlenecks import gaussian_kl
from aecore.errors import UserError
from aecore.stages.vae_gan import VaeGan
from aecore.step import Step
from aecore.training import Finished
from aecore.training.optimisers import Descent
from aecore.variants import build, find
from tests.aecore.small import digits, epochs, fit, model, weights

DATA = digits(512)
X = DATA.test.x
STEP = Step(X, X)
OWN = {
    "encoder": ("encoder.", "bottleneck."),
    "decoder": ("decoder.", "likelihood."),
    "discriminator": ("discriminator.",),
}


def gan(**options: Any) -> VaeGan:
    return cast(VaeGan, model("vae-gan", **options))


@pytest.mark.parametrize(("net", "likelihood"), [("mlp", "mse"), ("conv", "mse"), ("mlp", "gaussian")])
@pytest.mark.parametrize("name", OWN)
def test_each_loss_reaches_its_own_player_and_nobody_else(name: str, net: str, likelihood: str) -> None:
    made = gan(net=net, likelihood=likelihood)
    (player,) = (player for player in made.players() if player.name == name)
    player.loss(STEP).loss.backward()
    reached = {n for n, p in made.named_parameters() if p.grad is not None and p.grad.any()}
    assert reached == {n for n, _ in made.named_parameters() if n.startswith(OWN[name])}
    assert all(p.grad is None for n, p in made.named_parameters() if not n.startswith(OWN[name]))
    before = weights(made)
    Descent(player, "adam", 1e-2, 0, 0, "constant", 0)(player.loss(STEP).loss, 0.5)
    after = weights(made)
    assert {n for n in after if not torch.equal(before[n], after[n])} == reached


@torch.no_grad()
def test_the_losses_are_those_of_the_paper() -> None:
    """Equations 7 to 9 and algorithm 1, with −log D in place of log(1 − D) for the decoder."""
    made = gan(gamma=3.0, beta=0.5, ceiling=1.0)
    dis = made.discriminator

    def passed() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        posterior = made.posterior(X)
        z = posterior.sample()
        return posterior.tensors()["mu"], posterior.tensors()["logvar"], z

    torch.manual_seed(5)
    encoder = made.losses(STEP)
    torch.manual_seed(5)
    mu, logvar, z = passed()
    features = 0.5 * (dis.features(made.decode(z))[0] - dis.features(X)[0]).square().flatten(1).sum(1).mean()
    torch.testing.assert_close(encoder.loss, 0.5 * gaussian_kl(mu, logvar).sum(1).mean() + features)

    torch.manual_seed(6)
    decoder = made.decoder_losses(STEP)
    torch.manual_seed(6)
    _, _, z = passed()
    rebuilt, invented = made.decode(z), made.decode(made.draw(len(X)))
    features = 0.5 * (dis.features(rebuilt)[0] - dis.features(X)[0]).square().flatten(1).sum(1).mean()
    ones, zeros = torch.ones(len(X)), torch.zeros(len(X))
    deceived = cross_entropy(dis(rebuilt), ones) + cross_entropy(dis(invented), ones)
    torch.testing.assert_close(decoder.loss, 3 * features + deceived)
    assert "The paper's decoder minimises $\\log(1 - D)$ there" in find("vae-gan").lesson

    torch.manual_seed(6)
    told = made.discriminator_losses(STEP)
    by_hand = (
        cross_entropy(dis(X), ones) + cross_entropy(dis(rebuilt), zeros) + cross_entropy(dis(invented), zeros)
    )
    torch.testing.assert_close(told.loss, by_hand)
    real, fake = (dis(X) > 0).float().mean(), (torch.cat([dis(rebuilt), dis(invented)]) < 0).float().mean()
    torch.testing.assert_close(told.report["accuracy"], 0.5 * (real + fake))


def test_a_discriminator_that_wins_waits() -> None:
    made = gan(ceiling=0.9)
    with torch.no_grad():
        made.discriminator.network.head.weight.zero_()
        made.discriminator.network.head.bias.fill_(-1.0)  # nothing is real: right half of the time
    report = made.discriminator_losses(STEP)
    assert report.report["accuracy"] == 0.5
    assert report.loss == report.report["cross_entropy"] > 0
    made.ceiling = 0.4
    waiting = made.discriminator_losses(STEP)
    assert waiting.loss == 0
    waiting.loss.backward()
    assert all(p.grad is not None and not p.grad.any() for p in made.discriminator.parameters())
    assert waiting.report["cross_entropy"] > 0


def test_the_features_are_the_last_maps() -> None:
    (maps,) = gan().discriminator.features(X)
    assert maps.shape == (64, 32, 4, 4)


def test_every_players_loss_goes_down_while_the_others_stand_still() -> None:
    made = gan(ceiling=1.0)
    fit(made, DATA, epochs=3, lr=3e-3)
    made.train()
    for player in made.players():
        descent, values = Descent(player, "adam", 5e-3, 0, 0, "constant", 0), []
        for seed in range(50):
            torch.manual_seed(seed % 2)
            loss = player.loss(STEP).loss
            values.append(float(loss.detach()))
            descent(loss, 0.5)
        assert values[-1] < 0.95 * values[1], player.name


def test_the_last_epoch_is_kept_for_epochs_do_not_compare() -> None:
    made = gan()
    events = fit(made, DATA, epochs=4, lr=3e-3)
    ends, finished = epochs(events), events[-1]
    assert isinstance(finished, Finished)
    assert finished.epoch == 4
    assert {"perceptual", "rate", "decoder_adversarial", "discriminator_accuracy"} <= ends[-1].train.keys()


def test_tokens_are_refused() -> None:
    tokens = replace(DATA.spec, kind="tokens", shape=(5,), values="token", vocabulary=("", "a", "b"))
    with pytest.raises(UserError, match="looks at images"):
        build({"variant": "vae-gan"}, tokens)
