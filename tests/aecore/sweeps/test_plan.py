"""What a sweep trains: legs, defaults, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aecore.cli import main
from aecore.errors import UserError
from aecore.sweeps.plan import Plan, make_plan, schema
from aecore.sweeps.run import command
from tests.aecore.sweeps.conftest import SMALL


def plan(**options: Any) -> Plan:
    return make_plan({**SMALL, **options})


@pytest.mark.parametrize("order", ["up", "down", "branch", "apart"])
@pytest.mark.parametrize("stacked", ["yes", "no"])
def test_legs_train_each_member_once_and_none_before_its_start(order: str, stacked: str) -> None:
    if stacked == "yes" and order in ("up", "down"):
        with pytest.raises(UserError, match="in which each waits for another"):
            plan(order=order, stacked=stacked)
        return
    done: list[int] = []
    for leg in plan(order=order, stacked=stacked).legs:
        assert leg.after is None or leg.after in done
        done += leg.members
    assert sorted(done) == list(range(5))


def test_a_chain_goes_from_neighbour_to_neighbour_and_branches_grow_from_the_lowest_above_zero() -> None:
    def starts(**options: Any) -> list[tuple[tuple[int, ...], int | None]]:
        return [(leg.members, leg.after) for leg in plan(**options).legs]

    assert starts(order="down") == [((4,), None), ((3,), 4), ((2,), 3), ((1,), 2), ((0,), 1)]
    assert starts(order="up") == [((1,), None), ((2,), 1), ((3,), 2), ((4,), 3), ((0,), 1)]
    assert starts(order="up", beta="1,2,3") == [((0,), None), ((1,), 0), ((2,), 1)]
    assert starts(order="branch", stacked="yes") == [((1,), None), ((0, 2, 3, 4), 1)]
    assert starts(order="apart", stacked="yes") == [((1, 2, 3, 4), None), ((0,), 1)]
    assert starts(order="apart", beta="1,2,3", stacked="no") == [((k,), None) for k in range(3)]
    assert plan(order="auto", stacked="yes").order == "apart"
    assert plan(order="branch", beta="1,2,3").legs[0].members == (0,)


def test_defaults_are_those_of_a_training_but_for_a_few() -> None:
    made = plan()
    assert (plan(order="auto").order, made.stacked) == ("up", False)
    assert (made.further_epochs, made.further_lr) == (10, 5e-3)
    assert (made.config["lr_schedule"], made.config["keep"], made.config["store"]) == (
        "cosine",
        "last",
        "half",
    )
    assert plan(lr_schedule="constant", further_epochs=3).config["lr_schedule"] == "constant"
    assert "beta" not in made.config
    of_beta_vae = schema("beta-vae", "digits")
    assert of_beta_vae["beta"].type is str
    assert "annealing" in of_beta_vae
    assert made.config_at(2.5)["beta"] == 2.5
    assert made.config_at(2.5)["variant"] == "beta-vae"


def test_a_plan_survives_json() -> None:
    made = plan(order="apart", stacked="yes")
    assert Plan.from_json(json.loads(json.dumps(made.to_json()))) == made


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"variant": "wae-mmd"}, "A sweep is of vae or beta-vae, not of wae-mmd."),
        ({"posterior": "iaf"}, "--posterior gaussian"),
        ({"prior": "vamp"}, "--prior normal"),
        ({"batch_norm": True}, "--batch-norm no"),
        ({"store": "full"}, "--store half"),
        ({"net": "recurrent", "hidden": None, "activation": None}, "--net mlp"),
        ({"stacked": "yes", "order": "apart", "clip": 1}, "not stacked with --clip 1"),
        ({"stacked": "yes", "order": "branch", "net": "conv", "hidden": None}, "not stacked with --net conv"),
        ({"beta": "7"}, "gives 1"),
        ({"hiden": [3]}, "Did you mean hidden"),
        ({"order": "sideways"}, "sideways"),
    ],
)
def test_what_does_not_fit_is_said(options: dict[str, Any], sentence: str) -> None:
    asked = {key: value for key, value in {**SMALL, **options}.items() if value is not None}
    with pytest.raises(UserError, match=sentence):
        make_plan(asked)


def test_the_command_makes_the_same_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan(order="branch", stacked="no", binarise="threshold", likelihood="bernoulli", further_epochs=2)
    asked: list[Plan] = []

    def begin(cls: type, given: Any, name: str, replace: bool) -> Any:
        asked.append(make_plan(given))
        raise UserError("enough")

    monkeypatch.setattr("aecore.sweeps.run.SweepRun.begin", classmethod(begin))
    import shlex

    assert main(shlex.split(command(made))[1:]) == 2
    assert asked == [made]
