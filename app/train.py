"""What the Train page asks: what there is to choose, what fits, what it will take, how it has gone so far."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import lru_cache, partial
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aecore.bundles import open_bundle
from aecore.data import list_datasets
from aecore.errors import UserError
from aecore.jobs import Job
from aecore.options import Option
from app import access
from app.answers import Answer
from app.jobs import NAMED, asked_for, body_of, refusals
from app.kept import in_thread

SLOTS = ("net", "likelihood")
ASKED: dict[str, type] = {"variant": str, "data": str, "options": dict}
WAITING = 8  # configurations that wait to be timed, at most
FRESH = 10.0  # seconds that what devices have free is taken for true
BUSY = 300.0  # seconds for which a machine is taken to stay as busy as it is

_threads = {name: ThreadPoolExecutor(1, f"loupe-{name}") for name in ("timing", "devices")}
_timings: dict[str, asyncio.Future[dict[str, Any]]] = {}


def routes() -> list[Route]:
    """The routes of the page but those of jobs, frames and bundles."""
    return [
        Route("/loupe/train.json", _overview),
        Route("/loupe/train/devices.json", _devices),
        Route("/loupe/train/{data}.json", _misfits),
        Route("/loupe/train/{data}/{variant}.json", _form),
        Route("/loupe/train/size", _size, methods=["POST"]),
        Route("/loupe/train/cost", _cost, methods=["POST"]),
        Route("/loupe/train/password", _password, methods=["POST"]),
        Route("/loupe/jobs/{id}/history.json", _history),
        Route("/loupe/jobs/{id}/recipe.json", _recipe),
    ]


async def _overview(request: Request) -> Response:
    with refusals():
        said = {
            "train": access.may_train(),
            "door": access.door(request),
            "admitted": access.admitted(request),
            "data": [
                {name: getattr(each, name) for name in ("name", "title", "summary", "kind", "why_missing")}
                for each in list_datasets()
            ],
            "variants": await in_thread(_variants),
        }
    return JSONResponse(said, headers={"Cache-Control": "no-store"})


def _variants() -> list[dict[str, str]]:
    from aecore.variants import VARIANTS

    return [
        {"name": row.name, "title": row.title, "summary": row.summary, "source": row.source}
        for row in VARIANTS.values()
    ]


async def _misfits(request: Request) -> Response:
    with refusals():
        found = await in_thread(misfits, str(request.path_params["data"]))
    return Answer.json("misfits.json", found, lasting=False).to(request)


@lru_cache(maxsize=64)
def misfits(data: str) -> dict[str, str]:
    """Variants that cannot be trained on a data set as they are by default, each with why, as a sentence.

    Raises:
        UserError: If there is no such data set.
    """
    from aecore.runs.estimate import misfit
    from aecore.variants import VARIANTS

    return {name: why for name in VARIANTS if (why := misfit(name, data))}


async def _form(request: Request) -> Response:
    data, variant = (str(request.path_params[name]) for name in ("data", "variant"))
    chosen = {name: value for name in SLOTS if (value := request.query_params.get(name))}
    with refusals():
        fields = await in_thread(_fields, variant, data, chosen)
    return Answer.json("form.json", fields, lasting=False).to(request)


def _fields(variant: str, data: str, chosen: Mapping[str, str]) -> list[dict[str, Any]]:
    from aecore.runs.form import form

    return [asdict(each) for each in form(variant, data, chosen)]


async def _size(request: Request) -> Response:
    body = await body_of(request, ASKED, NAMED)
    with refusals():
        found = await in_thread(checked, body["variant"], body["data"], body["options"], body["name"])
    return JSONResponse(found)


def checked(variant: str, data: str, options: Mapping[str, Any], name: str = "") -> dict[str, Any]:
    """What is wrong with a configuration, by option, and of no one option; where nothing is, its size.

    Args:
        variant, data, options: The configuration.
        name: What its bundle is to be called; without one the answer says what it will be.

    Raises:
        UserError: If variant, data, network or likelihood is unknown.
    """
    from aecore.jobs.service import refuse_name

    wrong = ""
    try:
        if name:
            refuse_name(data, name)
    except UserError as error:
        wrong = str(error)
    found = _fitting(variant, data, options, "" if wrong else name)
    return found | {"errors": found["errors"] | {"name": wrong}} if wrong else found


def _fitting(variant: str, data: str, options: Mapping[str, Any], name: str) -> dict[str, Any]:
    from aecore.runs import command, complete, schema
    from aecore.runs.estimate import size
    from aecore.runs.names import usual_name
    from aecore.training import resolve

    known = schema(variant, data, {name: options[name] for name in SLOTS if name in options})
    errors: dict[str, str] = {}
    found: dict[str, Any] = {"errors": errors, "error": "", "size": None, "command": "", "name": ""}
    for option in known.keys() & options.keys():
        try:
            value = known[option].read(options[option])
            if option == "device":
                resolve(value)
        except UserError as error:
            errors[option] = plain(str(error), known)
    if errors:
        return found
    try:
        config = complete({"variant": variant, "data": data, **options})
        found["size"], found["command"] = asdict(size(config)), command(config, name)
        found["name"] = usual_name(config)
    except UserError as error:
        text = str(error)
        named = (word.replace("-", "_") for word in re.findall(r"[a-z0-9]+(?:[_-][a-z0-9]+)*", text))
        about = next((word for word in named if word in known and ("_" in word or f"--{word}" in text)), "")
        if about:
            errors[about] = plain(text, known)
        else:
            found["error"] = plain(text, known)
    if found["size"]:
        found["size"]["advice"] = plain(found["size"]["advice"], known)
    return found


def plain(text: str, known: Mapping[str, Option]) -> str:
    """A sentence with options called as on the page, where it calls them as on the command line."""
    from aecore.runs.form import title

    def named(found: re.Match[str]) -> str:
        name = found[1].replace("-", "_")
        return title(name) if name in known else found[0]

    return re.sub(r"--([a-z][a-z0-9-]*)", named, text)


async def _cost(request: Request) -> Response:
    with refusals():
        access.token(request)
    body = await body_of(request, ASKED)
    with refusals():
        key = await in_thread(_key, body)
        if not (timing := _timings.get(key)):
            if len(_timings) >= WAITING:
                raise HTTPException(503, "Many are being timed: this one is not, for now.")
            timing = _timings[key] = apart("timing", partial(_timed, key, int(time.monotonic() / BUSY)))
            timing.add_done_callback(lambda _: _timings.pop(key))
        found = await asyncio.shield(timing)  # who else waits for it still does if this one leaves
    return JSONResponse(found)


def _key(body: Mapping[str, Any]) -> str:
    from aecore.runs import complete

    return json.dumps(complete({"variant": body["variant"], "data": body["data"], **body["options"]}))


@lru_cache(maxsize=256)
def _timed(key: str, _: int) -> dict[str, Any]:
    found: dict[str, Any] = _stopwatch("timing").cost(json.loads(key))
    return found


async def _devices(request: Request) -> Response:
    with refusals():
        access.token(request)
        found = await apart("devices", partial(_free, int(time.monotonic() / FRESH)))
    return JSONResponse(found, headers={"Cache-Control": "no-store"})


@lru_cache(maxsize=1)
def _free(_: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _stopwatch("devices").devices()
    return found


@lru_cache(maxsize=2)
def _stopwatch(_: str) -> Any:
    """That of a thread: devices are looked at while a training is timed."""
    from aecore.runs.stopwatch import Stopwatch

    return Stopwatch()


def apart(thread: str, work: Callable[[], Any]) -> asyncio.Future[Any]:
    """What ``work()`` will have returned, in a thread of that name, one at a time."""
    return asyncio.get_running_loop().run_in_executor(_threads[thread], work)


async def _password(request: Request) -> Response:
    body = await body_of(request, {"password": str})
    with refusals():
        return await access.let_in(request, body["password"])


async def _history(request: Request) -> Response:
    job = await asked_for(request)
    found = await in_thread(_epochs, job.bundle or job.run)
    return Answer.json("history.json", found, lasting=False).to(request)


def _epochs(run: str) -> list[dict[str, Any]]:
    from aecore.runs.keeping import history

    shown = ("epoch", "stage", "train", "validation", "lr", "seconds", "examples_per_s")
    return [{name: epoch.get(name) for name in shown} for epoch in history(run)] if run else []


async def _recipe(request: Request) -> Response:
    job = await asked_for(request)
    with refusals():
        found = await in_thread(_written, _as_made(job), job.spec.name)
    return Answer.json("recipe.json", found, lasting=False).to(request)


def _as_made(job: Job) -> Mapping[str, Any]:
    """The configuration that a job was trained with; what was asked for where no bundle of its says it.

    What was left to its default then may have another by now.

    Raises:
        UserError: If no configuration makes its bundle again, as where it was steered by hand.
    """
    from aecore.runs.recipe import config_of

    try:
        bundle = open_bundle(job.bundle) if job.bundle else None
    except UserError:  # it is in the bin, or gone
        bundle = None
    return config_of(bundle) if bundle and bundle.card.job == job.id else job.spec.given


def _written(given: Mapping[str, Any], name: str) -> dict[str, str]:
    from aecore.runs import complete
    from aecore.runs.estimate import spec
    from aecore.scripts.again import again

    config = complete(given)
    return asdict(again(config, spec(config), name))
