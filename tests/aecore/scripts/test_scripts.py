"""The script of a model, run without Loupe, has the losses of Loupe's own training, step by step."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from aecore.bottlenecks import DiagonalGaussian
from aecore.bundles import list_bundles
from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.likelihoods import natural
from aecore.model import Autoencoder
from aecore.nets import mlp
from aecore.objectives import KL, L1, Model, Reconstruction, Term
from aecore.runs import complete
from aecore.runs.config import load_data
from aecore.scripts import script
from aecore.scripts.loop import SHOWN
from aecore.step import Pass, Step
from aecore.variants import VARIANTS, variant
from tests.aecore.scripts.alone import Alone
from tests.aecore.scripts.losses import ours, printed

SHIPPED = {each.card.variant for each in list_bundles() if each.shipped}
CLOSE = 1e-4  # relative: the same sums in another order


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    """An isolated Python without Loupe."""
    server = Alone(tmp_path_factory.mktemp("alone"))
    assert server.said == ["1", "None", "False"], "isolated, and no aecore to be found"
    yield server
    server.close()


def holds(alone: Alone, **given: Any) -> str:
    """Compares a script's losses with ours, at every step; returns what the script printed."""
    config = complete({"data": "digits", "epochs": 2, "device": "cpu", **given})
    data = load_data(config)
    text = script(config, data.spec)
    shown = f"< {SHOWN} or done"
    assert shown in text or config["variant"] == "linear"
    said = alone.run(text.replace(shown, "< 10**9 or done"))
    (steps, ends), (wanted, wanted_ends) = printed(said), ours(config, data)
    assert steps == pytest.approx(wanted, rel=CLOSE)
    if ends and not _scheduled(config):
        assert ends == pytest.approx(wanted_ends, rel=CLOSE)
    return said


@contextmanager
def may_lack_a_snippet(name: str) -> Iterator[None]:
    """Skips a variant that is new: it is one file, and the snippets of its parts come with its bundles."""
    try:
        yield
    except UserError as error:
        if name in SHIPPED or not str(error).startswith("There is no code for "):
            raise
        pytest.skip(str(error))


def _scheduled(config: Mapping[str, Any]) -> bool:
    """Whether Loupe's history has the loss as its schedules stand, a script that of their end."""
    changing = config.get("annealing", "constant") != "constant" or config.get("levels") == "linear"
    return (
        config["variant"] in ("ladder-vae", "multi-rate-vae", "grown")
        or changing
        or bool(config.get("capacity"))
    )


@pytest.mark.parametrize("name", VARIANTS)
def test_the_script_of_a_variant_has_our_losses(alone: Alone, name: str) -> None:
    with may_lack_a_snippet(name):
        said = holds(alone, variant=name)
    assert said.startswith("solved: loss" if name == "linear" else "step 1:")


@pytest.mark.parametrize("data", ["digits", "waves"])
def test_pca_leaves_the_loss_that_ours_leaves(alone: Alone, data: str) -> None:
    config = complete({"variant": "linear", "data": data, "device": "cpu", "whiten": True})
    loaded = load_data(config)
    solved = float(alone.run(script(config, loaded.spec)).split()[-1])
    from aecore.training import EpochEnd, Fit
    from aecore.variants import build

    end = next(
        event
        for event in Fit(build(config, loaded.spec), loaded, device="cpu")
        if isinstance(event, EpochEnd)
    )
    assert solved == pytest.approx(end.train["loss"], rel=CLOSE)


@pytest.mark.parametrize(
    "given",
    [
        {"net": "conv"},
        {"net": "conv", "block": "residual", "batch_norm": True, "init": "he"},
        {"net": "conv", "block": "separable", "upsample": "resize", "init": "xavier"},
        {"net": "recurrent"},
        {"net": "recurrent", "cell": "lstm", "layers": 2, "bidirectional": True},
        {"net": "transformer", "word_dropout": 0.2},
        {
            "hidden": [32, 16],
            "dropout": 0.2,
            "init": "he",
            "activation": "tanh",
            "decoder_activation": "gelu",
        },
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["autoencoder", "conditional-vae"])
def test_networks(alone: Alone, name: str, given: dict[str, Any]) -> None:
    if name == "conditional-vae" and given.get("init", "torch") != "torch" and given.get("net") == "conv":
        with pytest.raises(UserError, match="--init with the levels of a convolutional network"):
            holds(alone, variant=name, **given)
    else:
        holds(alone, variant=name, epochs=1, **given)


@pytest.mark.parametrize(
    "given",
    [
        {"likelihood": "mse"},
        {"likelihood": "huber", "huber_delta": 0.2},
        {"likelihood": "pseudo-bernoulli"},
        {"likelihood": "continuous-bernoulli"},
        {"binarise": "threshold"},
        {"binarise": "dynamic"},
        {"data": "breast-cancer"},
        {"data": "waves", "batch_size": 512, "units": 16},
        {"data": "words", "bidirectional": True, "embedding": 8, "units": 16},
        {"data": "shapes-32", "train_examples": 600, "test_examples": 10, "validation": 100},
    ],
    ids=str,
)
def test_likelihoods_and_data(alone: Alone, given: dict[str, Any]) -> None:
    holds(alone, **{"variant": "vae", "epochs": 1, **given})


@pytest.mark.parametrize(
    "given",
    [
        {"optimiser": "adamw", "lr_schedule": "cosine", "lr_warmup": 0.2, "weight_decay": 0.01, "l1": 1e-3},
        {"optimiser": "sgd", "lr_schedule": "linear", "lr": 1e-4, "keep": "last", "clip": 1.0},
        {"optimiser": "rmsprop", "patience": 1, "lr": 0.02, "epochs": 6},
        {"lr_schedule": "cooldown", "lr_warmup": 0.1, "epochs": 4},
        {"validation": 0, "batch_size": 100_000, "seed": 3},
    ],
    ids=str,
)
def test_the_loop(alone: Alone, given: dict[str, Any]) -> None:
    holds(alone, variant="autoencoder", hidden=[16], **given)


@pytest.mark.parametrize(
    "given",
    [
        {"variant": "beta-vae", "annealing": "linear"},
        {"variant": "beta-vae", "annealing": "cyclical"},
        {"variant": "beta-vae", "capacity": 5.0},
        {"variant": "beta-vae", "free_bits": 0.1},
        {"variant": "vae", "posterior": "iaf"},
        {"variant": "vae", "prior": "vamp", "pseudo_inputs": 20},
        {"variant": "denoising", "corruption": "salt-and-pepper", "levels": "range"},
        {"variant": "denoising", "corruption": "masking", "levels": "linear"},
        {"variant": "sparse", "penalty": "l1"},
        {"variant": "overcomplete", "noise": 0.2, "code_dropout": 0.1},
        {"variant": "k-sparse", "start_k": 32, "alpha": 2.0},
        {"variant": "contractive", "exact_up_to": 4, "jacobian_samples": 2},
        {"variant": "iwae", "gradient": "dreg"},
        {"variant": "dip-vae", "dip": "i"},
        {"variant": "wae-mmd", "kernel": "rbf"},
        {"variant": "adversarial", "prior": "mixture", "by_class": True, "latent_dim": 2},
        {"variant": "adversarial", "posterior": "gaussian"},
        {"variant": "vq-vae", "codebook_update": "gradient"},
        {"variant": "perceptual-vae", "similarity": "ms-ssim"},
        {"variant": "stacked", "noise": 0.1, "likelihood": "natural"},
        {"variant": "m2", "labelled": 100},
        {"variant": "m2", "likelihood": "mse", "labels_first": 0.5},
        {"variant": "m1-m2", "labelled": 100},
        {"variant": "multi-rate-vae", "conditioning": "gates", "betas_per_example": 2},
        {"variant": "ladder-vae", "levels": 3, "hidden": [64, 32]},
    ],
    ids=str,
)
def test_options_that_make_another_model(alone: Alone, given: dict[str, Any]) -> None:
    holds(alone, epochs=1, **given) if "annealing" not in given else holds(alone, **given)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_script_is_short_and_knows_no_loupe(name: str) -> None:
    config = complete({"variant": name, "data": "digits"})
    with may_lack_a_snippet(name):
        text = script(config, load_data(config).spec)
    tree = ast.parse(text)
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0]  # type: ignore[union-attr]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert not imported & {"aecore", "app"}
    assert len(text.splitlines()) < 300
    assert max(map(len, text.splitlines())) <= 130
    assert VARIANTS[name].source in text
    assert f"aecore train --variant {name} --data digits" in text


class Unknown(Term):
    """A term that nobody has written a snippet for."""

    name = "unknown"
    latex = "u"

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        return passed.z.square().sum(1)


@pytest.fixture
def registered() -> Iterator[None]:
    """Two variants, one of known parts and one with a part that is not."""

    @variant(title="Sparse VAE", source="https://arxiv.org/abs/1312.6114")
    def sparse_vae(data: DataSpec) -> Autoencoder:
        return _made(data, L1())

    @variant(title="Odd VAE", source="https://arxiv.org/abs/1312.6114")
    def odd_vae(data: DataSpec) -> Autoencoder:
        return _made(data, Unknown())

    yield
    del VARIANTS["sparse-vae"], VARIANTS["odd-vae"]


def _made(data: DataSpec, more: Term) -> Autoencoder:
    return Autoencoder(
        data,
        net=mlp(data, hidden=(16,)),
        bottleneck=DiagonalGaussian(4),
        likelihood=natural(data),
        objective=Reconstruction() + 0.5 * KL() + 0.1 * more,
    )


@pytest.mark.usefixtures("registered")
def test_a_new_variant_of_known_parts_needs_no_code(alone: Alone) -> None:
    holds(alone, variant="sparse-vae", epochs=1)


@pytest.mark.usefixtures("registered")
def test_an_unknown_part_is_refused_by_name() -> None:
    config = complete({"variant": "odd-vae", "data": "digits"})
    with pytest.raises(UserError, match="There is no code for Unknown yet"):
        script(config, load_data(config).spec)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"variant": "vae", "precision": "bf16"}, "--precision bf16"),
        ({"variant": "vq-vae", "dropout": 0.1}, "--dropout in vq-vae"),
        ({"variant": "m2", "net": "transformer"}, "TransformerEncoder in m2"),
        ({"variant": "conditional-vae", "tell_encoder": False}, "Untold"),
    ],
)
def test_what_has_no_code_is_named(given: dict[str, Any], named: str) -> None:
    config = complete({"data": "digits", **given})
    with pytest.raises(UserError, match=named):
        script(config, load_data(config).spec)


def test_names_and_seeds_are_those_of_the_configuration(tmp_path: Path) -> None:
    config = complete({"variant": "beta-tc-vae", "data": "digits", "seed": 7, "beta": 3.5})
    text = script(config, load_data(config).spec)
    assert "class BetaTCVAE(nn.Module):" in text
    assert text.count("torch.manual_seed(7)") == 2
    assert "3.5 * correlation" in text
