"""Another look at a trained model: a bundle with the codes of every example of a split."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection

import numpy as np

from aecore.bundles import Bundle, open_bundle, user_folder
from aecore.bundles.files import current, sha256, write_folder
from aecore.data.parts import SPLITS, SplitName, part
from aecore.errors import UserError, unknown
from aecore.runs.claim import Claim
from aecore.runs.finish import MAPS, encoded
from aecore.runs.memory import enough_memory
from aecore.runs.states import runs_root

Listener = Callable[[int, int, str], None]
"""Is told how many examples of how many are encoded, and what is being done."""


def encode_split(
    bundle: Bundle,
    split: SplitName,
    name: str = "",
    *,
    maps: Collection[str] = ("pca",),
    replace: bool = False,
    listen: Listener = lambda *_: None,
) -> Bundle:
    """A bundle of the user's: the same model, and the codes of every example of a split.

    Args:
        bundle: Whose model it is.
        split: ``test``, ``validation``, ``train``, or ``all`` of them one after the other.
        name: What to call it; ``<bundle>-<split>`` if empty.
        maps: Which of ``pca``, ``umap`` and ``tsne`` to make. The last two take minutes for
            tens of thousands of codes.
        replace: Whether a bundle of that name may be replaced.
        listen: Is told how far it is.

    Raises:
        UserError: If a name does not fit or is taken, the data are missing or not those the
            bundle was made from, or there is no room. Nothing is left behind then.
    """
    for given, known, what in (((split,), SPLITS, "split"), (maps, MAPS, "map")):
        for each in given:
            if each not in known:
                raise unknown(what, each, known)
    card = bundle.card
    folder = user_folder(card.data.name, name or f"{card.name}-{split}")
    if current(folder) == bundle.path:
        raise UserError(f"{bundle.id} is what is to be encoded: choose another --name.")
    with (
        Claim(runs_root() / card.data.name / folder.name),
        enough_memory("A smaller --split needs less."),
    ):
        if current(folder).exists() and not replace:
            taken = f"{card.data.name}/{folder.name}"
            raise UserError(f"{taken} is there already: choose another --name, or --replace it.")
        data = card.data.load()
        if data.fingerprint != card.data.fingerprint:
            raise UserError(
                f"{card.data.title} on this machine differs from what {bundle.id} was trained on: train it "
                f"again on this copy ({card.provenance.command})."
            )
        examples = part(data, split)
        model, count = bundle.model(), len(examples)
        codes = encoded(
            model,
            examples,
            np.arange(count),
            maps,
            lambda done: listen(done, count, "encoding" if done < count else f"maps: {', '.join(maps)}"),
        )
        files = {file: bundle.read(file) for file in card.files} | {"codes.npz": codes.to_bytes()}
        own = "" if split == "test" else dataclasses.replace(data, test=examples).fingerprint
        changed = dataclasses.replace(
            card,
            name=folder.name,
            files={file: sha256(content) for file, content in files.items()},
            codes_split=split,
            codes_fingerprint=own,
        )
        write_folder(folder, files | {"card.json": changed.to_bytes()})
    return open_bundle(folder)
