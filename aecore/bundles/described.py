"""A folder with a card: the card is read at once, every other file when it is first used, if intact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Generic, Protocol, Self, TypeVar

from aecore.bundles.files import current, digest, sha256
from aecore.errors import BundleError, unknown


class Listing(Protocol):
    """What a card says at least: the sha256 of every other file, by name."""

    @property
    def files(self) -> dict[str, str]: ...


C = TypeVar("C", bound=Listing)


@dataclass(frozen=True)
class Described(Generic[C]):
    """Such a folder.

    Attributes:
        noun: What it is called: bundle or sweep.
        id: Data set and name, as in ``mnist/vae-2d``.
        path: The folder.
        shipped: Whether it came with aecore; what did is read-only.
        card: What it is. The files it lists are checked by sha256 on first use.
    """

    noun: ClassVar[str]
    id: str
    path: Path
    shipped: bool
    card: C

    @classmethod
    def _opened(
        cls, folder: Path, name: str, shipped: bool, file: str, most: int, parse: Callable[[bytes, str], C]
    ) -> Self:
        """What is in a folder.

        Args:
            folder: Where it is.
            name: Its id.
            shipped: Whether it came with aecore.
            file: The card's name.
            most: Bytes that the card has at most.
            parse: Makes the card of its bytes and the id.

        Raises:
            BundleError: If its card cannot be read or a file that the card lists is missing.
        """
        path, what = current(folder), f"{cls.noun.capitalize()} {name}"
        try:
            size = (path / file).stat().st_size
            if size > most:
                raise BundleError(f"{what}: {file} has {size:,} bytes; a card has at most {most:,}.")
            card = parse((path / file).read_bytes(), name)
        except FileNotFoundError:
            raise BundleError(f"{what}: {file} is missing in {folder}.") from None
        except OSError as error:
            raise BundleError(f"{what}: {file} cannot be read ({error.strerror}).") from error
        for listed in card.files:
            if not (path / listed).is_file():
                raise BundleError(f"{what}: {listed} is missing in {folder}.")
        return cls(name, path, shipped, card)

    def file(self, name: str) -> Path:
        """The path of one of its files, once its content has been checked.

        Raises:
            UserError: If it has no such file.
            BundleError: If it is damaged or missing.
        """
        if name not in self.card.files:
            raise unknown(f"file in {self.noun} {self.id}", name, self.card.files)
        try:
            found = digest(self.path / name)
        except OSError as error:
            raise BundleError(f"{self._named}: {name} cannot be read ({error.strerror}).") from error
        self._same(name, found)
        return self.path / name

    def read(self, name: str) -> bytes:
        """The content of one of its files, checked. Raises as :meth:`file` does."""
        data = self.file(name).read_bytes()
        self._same(name, sha256(data))
        return data

    @property
    def _named(self) -> str:
        return f"{self.noun.capitalize()} {self.id}"

    def _same(self, name: str, found: str) -> None:
        if found != self.card.files[name]:
            raise BundleError(
                f"{self._named}: {name} is not the file its card describes (sha256 differs): it is "
                f"damaged, or the {self.noun} has just been replaced. Open it again, or train it again."
            )
