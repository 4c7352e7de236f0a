"""Signatures as schemas: what is read, what is refused and how, and what cannot be declared."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aecore.errors import UserError
from aecore.options import Component, Option, Range, Slot, fill, merge, options_of, with_slots


def small(*, width: Annotated[int, Range(1, 9), "Units."] = 3) -> str:
    return f"small {width}"


def large(
    *, width: Annotated[int, Range(1, 99), "Units."] = 30, depth: Annotated[int, Range(1, 5), "Layers."] = 2
) -> str:
    return f"large {width} {depth}"


PARTS: dict[str, Component] = {"small": small, "large": large}


def thing(
    data: object,
    *,
    count: Annotated[int, Range(1, 512), "How many."] = 16,
    seed: Annotated[int, Range(0, 2**31 - 1), "Where it starts."] = 0,
    beta: Annotated[float, Range(0, 32), "How dear."] = 4.0,
    free: Annotated[float, "Anything finite."] = 0.5,
    wide: Annotated[bool, "Whether it is."] = False,
    sizes: Annotated[tuple[int, ...], Range(1, 100), "Of each."] = (8, 4),
    mode: Annotated[Literal["linear", "in-cycles"], "How it goes."] = "linear",
    title: Annotated[str, "What it is called."] = "",
    part: Annotated[Component, Slot(PARTS), "What it is made of."] = small,
) -> None:
    """Declares one option of every kind."""


OPTIONS = options_of(thing)


def test_a_signature_is_the_schema() -> None:
    assert list(OPTIONS) == ["count", "seed", "beta", "free", "wide", "sizes", "mode", "title", "part"]
    types = [option.type for option in OPTIONS.values()]
    assert types == [int, int, float, float, bool, tuple, str, str, str]
    assert OPTIONS["beta"] == Option("beta", float, 4.0, "How dear.", Range(0, 32))
    assert OPTIONS["mode"].choices == ("linear", "in-cycles")
    assert OPTIONS["part"].choices == ("large", "small")
    assert OPTIONS["part"].default == "small"
    assert options_of(Titled)["font_size"].flag == "--font-size"


class Titled:
    """A class's options are its constructor's."""

    def __init__(self, *, font_size: Annotated[int, Range(1, 99), "Points."] = 12) -> None:
        self.font_size = font_size


@given(st.integers(1, 512))
def test_whole_numbers_survive_text_and_json(x: int) -> None:
    assert OPTIONS["count"].read(str(x)) == OPTIONS["count"].read(json.loads(json.dumps(x))) == x
    assert OPTIONS["count"].read(f" {float(x)}") == x
    assert type(OPTIONS["count"].read(str(x))) is int


@given(st.floats(0, 32))
def test_numbers_survive_text_and_json(x: float) -> None:
    assert OPTIONS["beta"].read(str(x)) == OPTIONS["beta"].read(json.loads(json.dumps(x))) == x


@given(st.lists(st.integers(1, 100)))
def test_tuples_survive_text_and_json(x: list[int]) -> None:
    assert OPTIONS["sizes"].read(",".join(map(str, x))) == tuple(x)
    assert OPTIONS["sizes"].read(json.loads(json.dumps(x))) == tuple(x)
    assert OPTIONS["sizes"].read(str(tuple(x))) == tuple(x)


@given(st.text())
def test_text_stays_as_it_is(x: str) -> None:
    assert OPTIONS["title"].read(x) == x


@pytest.mark.parametrize("x", [True, False])
def test_yes_and_no(x: bool) -> None:
    assert OPTIONS["wide"].read(str(x)) is OPTIONS["wide"].read(x) is x
    assert OPTIONS["wide"].read("yes" if x else "no") is x


@pytest.mark.parametrize("name", ["in-cycles", "in_cycles", "In-Cycles"])
def test_names_are_spelt_freely(name: str) -> None:
    assert OPTIONS["mode"].read(name) == "in-cycles"


@given(st.integers().filter(lambda x: not 1 <= x <= 512))
def test_whole_numbers_out_of_range_are_refused_with_the_range(x: int) -> None:
    with pytest.raises(UserError, match="--count is a whole number from 1 to 512; .* is not"):
        OPTIONS["count"].read(str(x))


@given(st.floats(allow_nan=True, allow_infinity=True).filter(lambda x: not 0 <= x <= 32))
def test_numbers_out_of_range_are_refused_with_the_range(x: float) -> None:
    with pytest.raises(UserError, match="--beta is a number from 0 to 32; .* is not"):
        OPTIONS["beta"].read(str(x))


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf, "nan", "inf", "-Infinity", "1e999"])
@pytest.mark.parametrize("name", ["count", "beta", "free", "sizes"])
def test_what_is_no_finite_number_is_refused_everywhere(name: str, x: object) -> None:
    with pytest.raises(UserError, match="--" + name):
        OPTIONS[name].read(x if name != "sizes" else [x])


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("count", "2.5", "--count is a whole number from 1 to 512; 2.5 is not."),
        ("count", "many", "--count is a whole number from 1 to 512, not 'many'."),
        ("count", None, "--count is a whole number from 1 to 512, not None."),
        ("count", True, "--count is a whole number from 1 to 512, not True."),
        ("seed", 2**31, "--seed is a whole number from 0 to 2147483647; 2147483648 is not."),
        ("beta", [1, 2], "--beta is a number from 0 to 32, not [1, 2]."),
        ("sizes", "8,200", "--sizes is a whole number from 1 to 100; 200 is not."),
        ("sizes", "8;4", "--sizes is a whole number from 1 to 100, not '8;4'."),
        ("sizes", 0, "--sizes is a whole number from 1 to 100; 0 is not."),
        ("wide", "perhaps", "--wide is yes or no, not 'perhaps'."),
        (
            "mode",
            "linaer",
            "There is no mode called 'linaer'. Did you mean linear? Known: in-cycles, linear.",
        ),
        ("part", "tiny", "There is no part called 'tiny'. Known: large, small."),
    ],
)
def test_a_refusal_names_the_value_and_what_would_be_right(name: str, value: object, said: str) -> None:
    with pytest.raises(UserError) as refusal:
        OPTIONS[name].read(value)
    assert str(refusal.value) == said


def test_fill_checks_what_is_given_and_defaults_the_rest() -> None:
    filled = fill(OPTIONS, {"beta": "2", "sizes": [1, 2], "count": None}, "thing")
    assert filled == {name: option.default for name, option in OPTIONS.items()} | {
        "beta": 2.0,
        "sizes": (1, 2),
    }
    with pytest.raises(UserError, match="no option of thing called 'bteta'. Did you mean beta?"):
        fill(OPTIONS, {"bteta": 2}, "thing")


@pytest.mark.parametrize("given", [{}, {"part": None}, {"part": "small"}])
def test_a_slot_brings_the_options_of_what_fills_it(given: dict[str, Any]) -> None:
    assert with_slots(OPTIONS, given).keys() - OPTIONS.keys() == {"width"}
    assert with_slots(OPTIONS, given)["width"].default == 3
    assert with_slots(OPTIONS, {"part": "large"}).keys() - OPTIONS.keys() == {"width", "depth"}
    with pytest.raises(UserError, match="no part called 'tiny'"):
        with_slots(OPTIONS, {"part": "tiny"})


def test_one_name_is_one_option() -> None:
    assert merge(options_of(small), OPTIONS).keys() == {"width", *OPTIONS}
    with pytest.raises(TypeError, match="'width' is declared by two parts"):
        merge(options_of(small), options_of(large))


def no_help(*, a: Annotated[int, Range(0, 1)] = 0) -> None: ...
def no_note(*, a: int = 0) -> None: ...
def no_default(*, a: Annotated[int, "Help."]) -> None: ...


@pytest.mark.parametrize("function", [no_help, no_note, no_default])
def test_an_option_without_default_type_or_help_cannot_be_declared(function: Component) -> None:
    with pytest.raises(TypeError, match="'a'"):
        options_of(function)
