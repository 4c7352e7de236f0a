"""Every route that changes something, found by its method: none answers who may not."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.routing import Route

from aecore.jobs import jobs
from app import routes
from tests.app.queued import JOBS, MINE, TRAIN, client, made, send
from tests.app.served import Client, Reply, is_sentence

__all__ = ["client", "made"]

OPEN = {f"{TRAIN}/size", f"{TRAIN}/password"}
"""What is sent, and changes nothing."""
CHANGING = sorted(
    (method, route.path)
    for route in routes.routes()
    if isinstance(route, Route)
    for method in (route.methods or set()) - {"GET", "HEAD"}
    if route.path not in OPEN
)


def settings(home: Path, text: str) -> None:
    """Writes ``jobs.toml``."""
    (home / "jobs.toml").write_text(text, encoding="utf-8")


def test_whatever_changes_something_is_listed_here() -> None:
    assert {path for _, path in CHANGING} >= {JOBS, f"{TRAIN}/cost", f"{JOBS}/{{id}}/bundle/restore"}
    assert {path for method, path in CHANGING if method == "DELETE"} == {
        f"{JOBS}/{{id}}", f"{JOBS}/{{id}}/bundle",
    }  # fmt: skip


@pytest.mark.parametrize(("method", "path"), CHANGING)
def test_no_route_changes_anything_for_who_may_not(
    client: Client, made: str, own_home: Path, monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    def asked(token: str | None = MINE) -> Reply:
        return send(client, path.replace("{id}", made), b"{}", token, method)

    is_sentence(asked(None), 401, "token")
    for setting in ("password", "header"):
        settings(own_home, f'{setting} = "X-User"')
        is_sentence(asked(), 403, "Not everybody may train here")
    settings(own_home, "")
    with monkeypatch.context() as patch:
        patch.setenv("LOUPE_READ_ONLY", "1")
        is_sentence(asked(), 403, "--read-only")
    if not path.startswith(f"{JOBS}/{{id}}/bundle"):
        with monkeypatch.context() as patch:
            patch.setenv("LOUPE_TRAIN", "0")
            is_sentence(asked(), 403, "--no-train")
    assert [job.id for job in jobs()] == [made]
