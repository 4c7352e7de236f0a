"""From trained weights to a sweep: aligned, rounded, measured, encoded, mapped, exported."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from aecore import variants
from aecore.bundles import DataCard, Provenance, round_to_half
from aecore.bundles.files import sha256, write_folder
from aecore.data import Dataset
from aecore.data.splits import stratified
from aecore.latent import aligned
from aecore.metrics.edition import edition
from aecore.runs.finish import LIBRARIES, MOST_CODES, device_name
from aecore.runs.measure import EDITION
from aecore.sweeps.card import CARD, CODES, WEIGHTS, Member, SweepCard
from aecore.sweeps.codes import SweepCodes
from aecore.sweeps.export import export
from aecore.sweeps.folded import fold
from aecore.sweeps.measure import Weights, codes_of, half_way, metrics_of, terms_of
from aecore.sweeps.plan import Plan
from aecore.sweeps.sweep import Sweep
from aecore.sweeps.training import build_member
from aecore.version import __version__

Tell = Callable[[str], None]
"""Is told what is being done."""


def make_sweep(
    folder: Path,
    plan: Plan,
    data: Dataset,
    weights: Sequence[Weights],
    seconds: Sequence[float],
    *,
    device: str,
    command: str,
    tell: Tell = lambda _: None,
) -> Sweep:
    """Everything a sweep holds, computed from the weights as they are stored, and written at once.

    Args:
        folder: Where it goes.
        plan: What was trained.
        data: On what.
        weights: Of each member, on the CPU, K times.
        seconds: How long each took.
        device: Where they were trained.
        command: A command line that does it again.
        tell: Is told what is being done.

    Raises:
        UserError: If it cannot be written; nothing is left behind then.
        RuntimeError: If the exported functions are not those of the models.
    """
    label = np.zeros(len(data.test), np.int64) if data.test.label is None else data.test.label.numpy()
    index = stratified(label, min(MOST_CODES, len(data.test)), seed=0)
    chosen = data.test.take(torch.from_numpy(index))
    stored: list[Weights] = []
    members: list[Member] = []
    codes: list[dict[str, np.ndarray]] = []
    for k, beta in enumerate(plan.betas):
        tell(f"measuring β = {beta:g}")
        model = build_member(plan, data.spec, beta).eval()
        model.load_state_dict(dict(weights[k]))
        if plan.order == "apart" and codes:
            fold(model, *aligned.signed_permutation(codes_of(model, chosen)["mu"], codes[-1]["mu"]))
        round_to_half(model)
        metrics = metrics_of(model, data, device if device.startswith("cuda") else "cpu")
        stored.append({name: each.detach().clone() for name, each in model.state_dict().items()})
        first = any(k in leg.members for leg in plan.legs if leg.after is None)
        epochs = plan.config["epochs"] if first else plan.further_epochs
        objective = terms_of(model, data.test).objective
        members.append(Member(beta, objective, metrics, epochs, round(seconds[k], 3)))
        codes.append(codes_of(model, chosen))
    tell("measuring between members")
    mu = np.stack([each["mu"] for each in codes])
    between = half_way(lambda beta: build_member(plan, data.spec, beta), plan.betas, stored, mu, data.test)
    tell("making maps")
    arrays = SweepCodes.of(
        {name: np.stack([each[name] for each in codes]) for name in codes[0]}
        | {
            "pca": aligned.pca(list(mu)),
            "umap": aligned.umap(list(mu)),
            "index": index,
            "label": None if chosen.label is None else chosen.label.numpy(),
            "factors": None if chosen.factors is None else chosen.factors.numpy(),
        }
    )
    tell("exporting")
    graphs = export(model)
    files = graphs.files | {CODES: arrays.to_bytes(), WEIGHTS: _packed(stored)}
    card = SweepCard(
        name=folder.name,
        title=variants.find(plan.config["variant"]).title,
        data=DataCard.of(data),
        plan=plan.to_json(),
        dim=model.latent_dim,
        maps=("plane", "pca", "umap") if model.latent_dim == 2 else ("pca", "umap"),
        members=tuple(members),
        between=tuple(between),
        encoder=graphs.functions["encoder"],
        decoder=graphs.functions["decoder"],
        provenance=Provenance(
            seed=plan.config["seed"],
            device=device_name(device),
            seconds=round(sum(seconds), 3),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            versions={"aecore": __version__, "python": platform.python_version(), EDITION: edition()}
            | {name: version(name) for name in LIBRARIES},
            command=command,
        ),
        files={name: sha256(content) for name, content in sorted(files.items())},
    )
    text = card.to_bytes()
    SweepCard.from_bytes(text, card.name)  # what cannot be read again is not written

    def check(temporary: Path) -> None:
        last = len(stored) - 1
        for low, high in ((0, 0), (0, 1), (last - 1, last)):
            tween = {name: ((stored[low][name] + stored[high][name]) / 2).numpy() for name in stored[0]}
            graphs.check(temporary, tween)

    write_folder(folder, files | {CARD: text}, check)
    return Sweep.open(folder)


def _packed(stored: Sequence[Weights]) -> bytes:
    """One tensor a parameter, shape (K, …), in half precision."""
    stacked: dict[str, Tensor] = {
        name: torch.stack([each[name] for each in stored]).half() for name in stored[0]
    }
    return safetensors.torch.save(stacked)
