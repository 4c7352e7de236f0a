"""Models: the loss put together, who descends it, and in which stages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aecore.corruptions import CORRUPTIONS, Corrupted
from aecore.model import Autoencoder
from aecore.scripts.loop import Player, Stage
from aecore.scripts.objectives import Around, write_objective
from aecore.scripts.page import ARGUMENTS, Network, Page, Posterior, no_code, number, writes
from aecore.variants.beta_tc_vae import BetaTCVAE
from aecore.variants.denoising import Denoising
from aecore.variants.k_sparse import KSparse

CORRUPT = {
    "gaussian": ["noisy = {x} + {level} * torch.randn_like({x})"],
    "salt-and-pepper": [
        "u = torch.rand_like({x})",
        "noisy = torch.where(u < {level}, (u < {level} / 2).to({x}), {x})",
    ],
    "masking": ["noisy = {x} * (torch.rand_like({x}) >= {level})"],
}


def corrupt(corruption: Callable[..., object], page: Page) -> list[str]:
    """Lines that make ``noisy`` of ``x``."""
    if type(corruption) is not Corrupted:
        raise no_code(type(corruption).__name__)
    name = next(key for key, process in CORRUPTIONS.items() if process is corruption.process)
    start, end = number(corruption.start), number(corruption.level)
    lines, level = [], end
    if corruption.levels == "linear":
        page.asks("progress")
        lines, level = (
            [f"level = {start} + {number(corruption.level - corruption.start)} * progress"],
            "level",
        )
    if corruption.levels == "range":
        ones = ", 1" * len(page.spec.shape)
        spread = number(corruption.level - corruption.start)
        lines, level = [f"level = {start} + {spread} * torch.rand(len(x){ones})"], "level"
    x = "values" if corruption.series else "x"
    lines += ["values, lasts = x[..., :-1], x[..., -1:]"] if corruption.series else []
    lines += [line.format(x=x, level=level) for line in CORRUPT[name]]
    return [*lines, "noisy = torch.cat([noisy * lasts, lasts], -1)"] if corruption.series else lines


def parts(model: Autoencoder, page: Page) -> tuple[Network, Posterior]:
    """Writes network, bottleneck and likelihood."""
    if page.told:
        page.asks("y")
    network: Network = page.write(model.encoder, decoder=model.decoder)
    posterior: Posterior = page.write(model.bottleneck, encode=network.encode)
    page.write(model.likelihood)
    return network, posterior


def loss(
    model: Autoencoder,
    page: Page,
    network: Network,
    posterior: Posterior,
    before: Sequence[str] = (),
    after: Sequence[str] = (),
    told: str = "",
) -> None:
    """Writes the method ``loss``: encode, sample, decode, and the objective.

    Args:
        model, page, network, posterior: What is written.
        before, after: Lines around it.
        told: What is handed to the posterior behind x; as the model is told if empty.
    """
    read = "noisy" if model.corruption else "x"
    lines = [*before, *(corrupt(model.corruption, page) if model.corruption else [])]
    lines.append(f"{', '.join(posterior.names)} = self.posterior({read}{told or page.passed})")
    lines += posterior.sample
    lines.append(f"raw = {network.decode.format(z='z', x='x')}")
    terms, value, equation = write_objective(model.objective, page, Around(network, posterior, read))
    page.equation = equation
    body = "\n".join(f"    {line}" for line in [*lines, *terms, *after, f"return {value}"])
    page.method(f'def loss(self, {ARGUMENTS}):\n    """{equation}, the mean over a batch."""\n{body}')


def descent(page: Page) -> list[Stage]:
    """One stage: the autoencoder, and every critic behind it."""
    if not page.critics:
        return [Stage("train", [Player("loss", "model.loss", "model.parameters()")])]
    mine = 'own = [p for name, p in model.named_parameters() if not name.startswith("critic.")]'
    critics = [
        Player(name, f"model.{name}_loss", f"list(model.{name}.parameters())") for name in page.critics
    ]
    return [
        Stage("players", solve=[mine]),
        Stage("train", [Player("autoencoder", "model.loss", "own"), *critics], relative=True),
    ]


@writes(Autoencoder, Denoising, BetaTCVAE)
def autoencoder(model: Autoencoder, page: Page) -> list[Stage]:
    """Everything at once."""
    loss(model, page, *parts(model, page))
    return descent(page)


@writes(KSparse)
def k_sparse(model: KSparse, page: Page) -> list[Stage]:
    """A bottleneck that knows how far the training is, where its k falls."""
    written = parts(model, page)
    falling = "progress" in page.arguments
    loss(model, page, *written, before=["self.progress = progress"] if falling else [])
    return descent(page)
