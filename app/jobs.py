"""Jobs over HTTP: anybody watches, and who started one steers it with the token it was started with.

The token is a header, ``Authorization: Bearer …``, never part of an address; what is stored is its sha256.
Who may say anything at all is :mod:`app.access`'s.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aecore import jobs
from aecore.errors import UserError, unknown
from aecore.jobs import Command, Job, NotYours, Spec
from aecore.jobs.records import KINDS
from aecore.jobs.store import Store, Unwritable
from app import access
from app.answers import Answer
from app.kept import in_thread

ID = re.compile(r"[0-9a-f]{10}")
MOST = 16 * 1024  # bytes of a body
PRIVATE = ("owner", "pid", "looks")
NAMED = {"name": ""}
"""What may be said beside a configuration: what its bundle is to be called."""


def routes() -> list[Route]:
    """The routes of jobs but those of their frames."""
    return [
        Route("/loupe/jobs", _submit, methods=["POST"]),
        Route("/loupe/jobs/ready", _ready, methods=["POST"]),
        Route("/loupe/jobs.json", _list),
        Route("/loupe/jobs/{id}.json", _one),
        Route("/loupe/jobs/{id}", _remove, methods=["DELETE"]),
        Route("/loupe/jobs/{id}/commands", _command, methods=["POST"]),
        Route("/loupe/jobs/{id}/answers", _answers),
    ]


def told(job: Job) -> dict[str, Any]:
    """A job as a browser hears of it."""
    return {name: value for name, value in asdict(job).items() if name not in PRIVATE}


def find(id: str) -> Job | None:  # noqa: A002 (as in the address)
    """The job of that id, or None if there is none.

    Raises:
        UserError: If the jobs cannot be read.
    """
    if not ID.fullmatch(id):
        return None
    with Store(reads=True) as store:
        return store.find(id)


async def asked_for(request: Request) -> Job:
    """The job that the address names.

    Raises:
        HTTPException: If there is none.
    """
    with refusals():
        found = await in_thread(find, str(request.path_params["id"]))
    if not found:
        raise HTTPException(404, "There is no such job: it may have been removed.")
    return found


@contextmanager
def refusals() -> Iterator[None]:
    """What a user has caused, as an answer in one line."""
    try:
        yield
    except UserError as error:
        status = 403 if isinstance(error, NotYours) else 503 if isinstance(error, Unwritable) else 422
        raise HTTPException(status, " ".join(str(error).split())) from None


async def _list(request: Request) -> Response:
    with refusals():
        found = await in_thread(jobs.jobs)
    return Answer.json("jobs.json", [told(job) for job in found], lasting=False).to(request)


async def _one(request: Request) -> Response:
    return Answer.json("job.json", told(await asked_for(request)), lasting=False).to(request)


async def _submit(request: Request) -> Response:
    with refusals():
        token = access.token(request)
    body = await body_of(request, {"variant": str, "data": str, "options": dict, "kind": str}, NAMED)
    with refusals():
        if body["kind"] not in KINDS:
            raise unknown("kind of job", body["kind"], KINDS)
        made = await in_thread(jobs.submit, Spec(**body), token)
    return JSONResponse({"id": made}, 201)


async def _ready(request: Request) -> Response:
    """Somebody looks at a form whose button starts a training."""
    with refusals():
        access.token(request)
        await in_thread(jobs.prepare)
    return Response(status_code=204)


async def _command(request: Request) -> Response:
    with refusals():
        token = access.token(request)
    job = await asked_for(request)
    body = await body_of(request, {"name": str, "value": object})
    with refusals():
        said: Command = await in_thread(jobs.command, job.id, token, body["name"], body["value"])
    return JSONResponse({"number": said.number}, 202)


async def _answers(request: Request) -> Response:
    job, after = await asked_for(request), request.query_params.get("after", "0")
    if not re.fullmatch(r"[0-9]{1,15}", after):
        raise HTTPException(400, "after is the number of a command, as in ?after=7.")
    with refusals():
        found = await in_thread(jobs.answers, job.id, int(after))
    said = [{name: value for name, value in asdict(each).items() if name != "job"} for each in found]
    return Answer.json("answers.json", said, lasting=False).to(request)


async def _remove(request: Request) -> Response:
    with refusals():
        token = access.token(request)
    job = await asked_for(request)
    with refusals():
        await in_thread(jobs.remove, job.id, token)
    return Response(status_code=204)


async def body_of(
    request: Request, wanted: dict[str, type], usual: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """The JSON object that a request brings, with exactly those entries; ``usual`` is what may be left out.

    Raises:
        HTTPException: If it is larger than ``MOST``, or is no such object.
    """
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > MOST:
            raise HTTPException(413, f"What is sent here has at most {MOST:,} bytes.")
    try:
        said = json.loads(content.decode(), parse_constant=_no_number)
        json.dumps(said, ensure_ascii=False, allow_nan=False).encode()  # text is text, numbers are finite
    except (ValueError, RecursionError):
        raise HTTPException(400, "What is sent here is JSON in UTF-8, its numbers finite.") from None
    if not isinstance(said, dict) or (said := {**usual, **said}).keys() != wanted.keys() | usual.keys():
        raise HTTPException(400, f"What is sent here is a JSON object with {', '.join(wanted)}.")
    for name, kind in (wanted | {name: type(value) for name, value in usual.items()}).items():
        if not isinstance(said[name], kind):
            what = "an object" if kind is dict else "a text"
            raise HTTPException(400, f"{name} is {what}.")
    return said


def _no_number(name: str) -> None:
    raise ValueError(name)
