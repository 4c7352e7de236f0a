"""Every registered variant trains from the page's defaults: asked for by the route, done as by a worker."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aecore.jobs import job, limits
from aecore.jobs.link import Link
from aecore.jobs.places import home, job_folder
from aecore.jobs.store import Store
from aecore.jobs.training import train
from aecore.variants import VARIANTS
from tests.app.queued import JOBS, client, send
from tests.app.served import Client

__all__ = ["client"]

FEW = {"epochs": 2, "batch_size": 600, "device": "cpu"}  # two steps an epoch


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_trains(client: Client, own_home: Path, monkeypatch: pytest.MonkeyPatch, variant: str) -> None:
    finished: dict[str, Any] = {}

    def make_bundle(folder: Path, model: Any, data: Any, config: Any, history: Any, **_: Any) -> Any:
        finished.update(
            config=config, history=history, weights=[w.isfinite().all() for w in model.parameters()]
        )
        return SimpleNamespace(id=f"digits/{folder.name}")

    monkeypatch.setattr(
        "aecore.runs.run.make_bundle", make_bundle
    )  # other tests hold bundles of all variants
    fields = client.get(f"/loupe/train/digits/{variant}.json").json()
    options = {field["name"]: field["default"] for field in fields} | FEW
    checked = send(
        client, "/loupe/train/size", {"variant": variant, "data": "digits", "options": options}, None
    )
    assert (checked.json()["errors"], checked.json()["error"]) == ({}, "")
    answer = send(client, JOBS, {"variant": variant, "data": "digits", "options": options, "kind": "train"})
    assert answer.status == 201, answer.text
    made = answer.json()["id"]
    job_folder(made).mkdir(parents=True)
    with Store() as store:
        store.update(made, state="running")
        outcome = train(job(made), Link(store, made), limits(home()))
    assert (outcome.state, outcome.bundle) == ("done", job(made).run)
    assert {name: finished["config"][name] for name in options} == json.loads(json.dumps(options))
    assert finished["history"]
    assert all(finished["weights"])
