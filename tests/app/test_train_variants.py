"""Every registered variant trains from the page's defaults: asked for by the route, done as by a worker."""

from __future__ import annotations

import json

import numpy as np
import pytest

from aecore.bundles import open_bundle
from aecore.jobs import job, limits
from aecore.jobs.link import Link
from aecore.jobs.places import home, job_folder
from aecore.jobs.store import Store
from aecore.jobs.training import train
from aecore.variants import VARIANTS
from tests.aecore.conftest import quick_maps
from tests.app.queued import JOBS, client, send
from tests.app.served import Client

__all__ = ["client", "quick_maps"]

FEW = {"epochs": 2, "batch_size": 600, "device": "cpu"}  # two steps an epoch


@pytest.mark.usefixtures("quick_maps")
@pytest.mark.parametrize("variant", VARIANTS)
def test_it_trains_and_its_bundle_is_there(client: Client, variant: str) -> None:
    """Its graphs are held against PyTorch as they are written; codes that are no numbers do not open."""
    fields = client.get(f"/loupe/train/digits/{variant}.json").json()
    few = {name: value for name, value in FEW.items() if name in {field["name"] for field in fields}}
    options = {field["name"]: field["default"] for field in fields} | few
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
    bundle = open_bundle(outcome.bundle)
    config = json.loads(json.dumps(bundle.card.config))
    assert {name: config[name] for name in options} == options
    assert all(weight.isfinite().all() for weight in bundle.model().state_dict().values())
    assert bundle.history
    assert bundle.card.metrics
    told = bundle.card.latent.condition
    beside = np.resize(np.eye(told.size), (2, told.size)) if told else None
    decoded = bundle.decode(bundle.codes.mu[:2], beside)
    assert decoded.shape == (2, 1, 8, 8)
    assert np.isfinite(decoded).all()
