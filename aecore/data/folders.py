"""Where downloaded data lie, whether they are there, and how they get there whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import platformdirs

from aecore.errors import UserError


def data_folder() -> Path:
    """The folder that holds the data sets' folders.

    ``AECORE_DATA`` where it is set (then nowhere else is looked), else ``data`` in the
    user's cache folder. It need not exist.
    """
    if chosen := os.environ.get("AECORE_DATA"):
        return Path(chosen).expanduser()
    return platformdirs.user_cache_path("aecore") / "data"


@dataclass(frozen=True)
class Files:
    """The files of one data set.

    Attributes:
        folder: Where they lie below :func:`data_folder`, as in ``MNIST/raw``.
        sizes: Bytes of each file, by name: a download that broke off is no data set.
        fetch: Downloads them into the root it is given, below the same ``folder``;
            shows its progress.
    """

    folder: str
    sizes: Mapping[str, int]
    fetch: Callable[[Path], None]

    def why_missing(self) -> str:
        """What is not as it should be, as a clause; empty if all files are there."""
        return self._fault(data_folder() / self.folder)

    def download(self) -> None:
        """Put the files in place, each one whole or not at all.

        Raises:
            UserError: If the network, the disk or the other side failed; nothing is left behind.
        """
        root = data_folder()
        try:
            root.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=root, prefix=".download-") as temporary:
                self.fetch(Path(temporary))
                fetched = Path(temporary) / self.folder
                if fault := self._fault(fetched):
                    raise UserError(
                        f"What was downloaded for {self.folder} is not what was expected: {fault}."
                    )
                target = root / self.folder
                target.mkdir(parents=True, exist_ok=True)
                for name in self.sizes:
                    (fetched / name).replace(target / name)
        except (OSError, RuntimeError) as error:  # RuntimeError: torchvision, when every mirror failed
            reason = " ".join(str(error).split())
            raise UserError(f"Downloading {self.folder} into {root} failed: {reason}") from error

    def _fault(self, folder: Path) -> str:
        for name, size in self.sizes.items():
            file = folder / name
            if not file.is_file():
                return f"there is no {name} in {folder}"
            if (found := file.stat().st_size) != size:
                return f"{file} is damaged ({found:,} bytes, not {size:,})"
        return ""
