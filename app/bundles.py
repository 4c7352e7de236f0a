"""A bundle that a page has trained: name, note, bin and back for who trained it, and a ZIP for all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aecore import scenes
from aecore.bundles import Bundle, open_bundle
from aecore.bundles.reader import is_name
from aecore.errors import BundleError, UserError
from aecore.jobs import Job
from app import access
from app.jobs import asked_for, body_of, refusals
from app.kept import in_thread
from app.train import plain
from app.ui import library


def routes() -> list[Route]:
    """Their routes; a bundle is changed by way of the job that made it."""
    return [
        Route("/loupe/bundles/{data}/{name}.zip", _zip),
        Route("/loupe/jobs/{id}/bundle.json", _one),
        Route("/loupe/jobs/{id}/bundle", _change, methods=["POST"]),
        Route("/loupe/jobs/{id}/bundle", _discard, methods=["DELETE"]),
        Route("/loupe/jobs/{id}/bundle/restore", _restore, methods=["POST"]),
    ]


async def _zip(request: Request) -> Response:
    data, name = (str(request.path_params[each]) for each in ("data", "name"))
    if not (is_name(data) and is_name(name)):
        raise HTTPException(404, "There is no such bundle.")

    def packed() -> bytes:
        from aecore.runs.keeping import packed

        return packed(open_bundle(f"{data}/{name}"))

    try:
        body = await in_thread(packed)
    except BundleError as error:
        raise HTTPException(422, str(error)) from None
    except UserError:  # it would name them all
        raise HTTPException(404, f"There is no bundle called {data}/{name}.") from None
    headers = {
        "Content-Disposition": f'attachment; filename="{data}-{name}.zip"',
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(body, media_type="application/zip", headers=headers)


async def _one(request: Request) -> Response:
    job = await asked_for(request)
    with refusals():
        found = await in_thread(_standing, job)
    return JSONResponse(found, headers={"Cache-Control": "no-store"})


def _standing(job: Job) -> dict[str, Any]:
    """Where a job's bundle is: ``none``, ``here``, in the ``bin``, or ``gone``; and what it is."""
    if not job.bundle:
        return {"state": "none"}
    with suppress(UserError):
        found = open_bundle(job.bundle)
        if found.card.job == job.id:  # else another has its name by now
            return {"state": "here", **described(found)}
    from aecore.runs.keeping import in_bin

    return {"state": "bin" if in_bin(job.bundle, job.id) else "gone", "id": job.bundle}


def described(bundle: Bundle) -> dict[str, Any]:
    """A bundle as the page shows it."""
    from aecore.metrics.table import METRICS

    shown = ("negative_elbo", "rate", "distortion", "rmse", "active_units")
    figures, unit = bundle.card.scalars, scenes.error_unit(bundle)
    return {
        "id": bundle.id,
        "title": scenes.title(bundle),
        "note": bundle.card.note,
        "parameters": bundle.card.parameters,
        "advice": _advice(bundle),
        "metrics": [
            [METRICS[name].title, figures[name], unit if name == "distortion" else METRICS[name].unit]
            for name in shown
            if name in figures
        ],
    }


def _advice(bundle: Bundle) -> str:
    """What is worth knowing of its code, options called as on the page; empty where all is well."""
    from aecore.runs import schema
    from aecore.runs.advice import unused

    card = bundle.card
    with suppress(UserError):  # of a variant that there is no longer
        known = schema(card.variant, card.data.name) | schema("beta-vae", card.data.name)
        return plain(unused(card.metrics, card.config), known).replace("--variant beta-vae", "the β-VAE")
    return ""


async def _change(request: Request) -> Response:
    with refusals():
        token = access.token(request, training=False)
    job = await asked_for(request)
    body = await body_of(request, {"name": str, "note": str})

    def change() -> dict[str, Any]:
        from aecore.jobs import made

        return described(made.change(job.id, token, body["name"], body["note"]))

    return JSONResponse(await _done(change))


async def _discard(request: Request) -> Response:
    with refusals():
        token = access.token(request, training=False)
    job = await asked_for(request)

    def discard() -> None:
        from aecore.jobs import made

        made.discard(job.id, token)

    await _done(discard)
    return Response(status_code=204)


async def _restore(request: Request) -> Response:
    with refusals():
        token = access.token(request, training=False)
    job = await asked_for(request)

    def restore() -> dict[str, Any]:
        from aecore.jobs import made

        return described(made.restore(job.id, token))

    return JSONResponse(await _done(restore))


async def _done(work: Callable[[], Any]) -> Any:
    """Does it, and sees to it that the pickers know."""
    with refusals():
        try:
            return await in_thread(work)
        finally:
            library.shelf.clear()
