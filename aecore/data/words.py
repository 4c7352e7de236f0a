"""English words, letter by letter, from the help texts that every Python has.

The texts of ``pydoc_data.topics`` (about 460,000 characters) change a little with each version of
Python, and so do the words; the fingerprint of the test split tells whether two machines have
the same ones. Which split a word is in depends on its letters alone: a word that one version
trains on is never a test word of another.

**What a map shows.** A code that knows how words are spelt puts words with one ending together,
so the label is the ending: seven of them, true by construction, and few enough for colours.
First letter and number of letters are factors.
"""

from __future__ import annotations

import hashlib
import re
from string import ascii_lowercase
from typing import TYPE_CHECKING

import numpy as np

from aecore.data.dataset import DataSpec, Factor, Split
from aecore.data.registry import Loaded, dataset

if TYPE_CHECKING:
    from collections.abc import Iterable

LETTERS = 12  # at most; 97 % of the words have no more
VOCABULARY = ("", *ascii_lowercase)
ENDINGS = ("other", "-s", "-ed", "-ing", "-ion", "-er", "-ly")
FACTORS = (
    Factor("letters", tuple(float(n) for n in range(2, LETTERS + 1))),
    Factor("first letter", tuple(float(n) for n in range(1, len(VOCABULARY)))),
)
TEST_SHARE = 8  # one word in so many is for testing

# A word by itself: after a space or bracket, before a space, perhaps with punctuation between.
WORD = re.compile(rf"(?:^|(?<=\s))\(?([A-Za-z][a-z]{{1,{LETTERS - 1}}})(?=[.,;:!?)]*(?:\s|$))")
CODE = re.compile(r"^.*(?:::=|>>>|\.\.\. ).*$", re.MULTILINE)  # lines of grammar and of sessions


@dataset(
    title="Words",
    kind="tokens",
    shape=(LETTERS,),
    values="token",
    classes=ENDINGS,
    factors=FACTORS,
    vocabulary=VOCABULARY,
    examples=2_473,  # with Python 3.11
    validation=200,
    training={"epochs": 100, "batch_size": 64, "lr": 3e-3},
    licence="PSF-2.0",
    source="https://docs.python.org/3/reference/",
)
def words(spec: DataSpec) -> Loaded:
    """English words of 2 to 12 letters, of the help texts that come with Python: about 2,500."""
    from pydoc_data.topics import topics

    found = words_of(topics.values())
    test = [for_testing(word) for word in found]
    return Loaded(
        spec,
        pool=_split([word for word, held in zip(found, test, strict=True) if not held]),
        test=_split([word for word, held in zip(found, test, strict=True) if held]),
    )


def words_of(texts: Iterable[str]) -> list[str]:
    """The distinct words of some texts, in lower case and alphabetical order."""
    return sorted({word.lower() for text in texts for word in WORD.findall(CODE.sub("", text))})


def for_testing(word: str) -> bool:
    """Whether a word is for testing: one in eight is, by its hash."""
    return hashlib.sha256(word.encode()).digest()[0] % TEST_SHARE == 0


def ending(word: str) -> int:
    """Which of ``ENDINGS`` a word has; what looks like an ending needs two letters before it."""
    return next((k for k, end in enumerate(ENDINGS) if k and word[2:].endswith(end[1:])), 0)


def tokens(word: str) -> list[int]:
    """A word's letters, a = 1 to z = 26, and 0 from its end on, shape (12,)."""
    return [VOCABULARY.index(letter) for letter in word] + [0] * (LETTERS - len(word))


def _split(chosen: list[str]) -> Split:
    import torch

    factors = [(len(word) - 2, VOCABULARY.index(word[0]) - 1) for word in chosen]
    return Split(
        torch.from_numpy(np.array([tokens(word) for word in chosen], np.int64).reshape(-1, LETTERS)),
        torch.from_numpy(np.array([ending(word) for word in chosen], np.int64)),
        torch.from_numpy(np.array(factors, np.int64).reshape(-1, len(FACTORS))),
    )
