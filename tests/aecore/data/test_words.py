"""Words: real ones, each in one split for good, and labels that are true of their letters."""

from __future__ import annotations

from collections import Counter
from string import ascii_lowercase

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from aecore.data import Dataset, Split, load_dataset
from aecore.data.words import ENDINGS, LETTERS, VOCABULARY, ending, for_testing, tokens, words_of

words = st.text(ascii_lowercase, min_size=2, max_size=LETTERS)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return load_dataset("words")


def spelt(split: Split) -> list[str]:
    return ["".join(VOCABULARY[token] for token in row) for row in split.x.tolist()]


def test_examples_are_what_the_spec_says(data: Dataset) -> None:
    spec = data.spec
    assert (spec.kind, spec.shape, spec.values) == ("tokens", (LETTERS,), "token")
    assert spec.vocabulary == ("", *ascii_lowercase)
    for split in (data.train, data.validation, data.test):
        assert split.x.dtype == torch.int64
        assert split.factors is not None
        assert split.label is not None
        there = split.x > 0
        assert bool((there[:, 1:] <= there[:, :-1]).all())  # nothing after the end
        length, first = spec.factors
        for word, label, (letters, start) in zip(
            spelt(split), split.label.tolist(), split.factors.tolist(), strict=True
        ):
            assert length.values[letters] == len(word)
            assert VOCABULARY[int(first.values[start])] == word[0]
            assert spec.classes[label] == "other" or word.endswith(spec.classes[label][1:])


def test_they_are_english_words_of_the_help_texts(data: Dataset) -> None:
    from pydoc_data.topics import topics

    every = [word for split in (data.train, data.validation, data.test) for word in spelt(split)]
    assert len(set(every)) == len(every) > 2000
    assert {"python", "class", "function", "because", "with", "following"} <= set(every)
    text = " ".join(topics.values()).lower()
    assert all(word in text for word in every)
    assert 0.08 < len(data.test) / len(every) < 0.17
    assert min(Counter(data.train.label.tolist()).values()) > 40 if data.train.label is not None else False


def test_a_test_word_is_never_trained_on_whatever_is_held_out(data: Dataset) -> None:
    for seed in (0, 1):
        other = load_dataset("words", seed=seed, validation=100)
        assert other.fingerprint == data.fingerprint
        for split, testing in ((other.train, False), (other.validation, False), (other.test, True)):
            assert {for_testing(word) for word in spelt(split)} == {testing}


def test_the_split_is_by_the_letters_alone() -> None:
    held = {"able", "above", "function", "words", "a" * LETTERS}
    assert {word for word in held if for_testing(word)} == {"able", "above", "function"}


@given(words)
def test_tokens_spell_the_word_and_then_nothing(word: str) -> None:
    row = tokens(word)
    assert len(row) == LETTERS
    assert "".join(VOCABULARY[token] for token in row) == word
    assert row[len(word) :] == [0] * (LETTERS - len(word))


@given(words)
def test_an_ending_is_what_a_word_ends_with(word: str) -> None:
    found = ENDINGS[ending(word)]
    longer = [end for end in ENDINGS[1:] if word.endswith(end[1:]) and len(word) >= len(end) + 1]
    assert found == (longer[0] if longer else "other")


def test_code_names_and_grammar_are_no_words() -> None:
    text = (
        "The Quick, brown (foxes) jump.\n   if_stmt ::= nonsense suite\n   >>> print here\n   ... more here\n"
        "x.attribute __init__ f(argument) it's don't \"quoted\" CamelCase ALL one2three "
        "internationalisation a\nend"
    )
    assert words_of([text]) == ["brown", "end", "foxes", "jump", "quick", "the"]
