"""Who may change anything from a browser: everybody, who knows the password, who a proxy lets in, or nobody.

``aecore app --no-train`` (``LOUPE_TRAIN=0``) starts and steers no training, ``--read-only``
(``LOUPE_READ_ONLY=1``) changes nothing at all. A password, or the name of a header that a reverse proxy sets,
stands in ``jobs.toml``. The password is said once; a cookie then says so, to routes and WebSockets alike.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import re
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from aecore.jobs import limits
from aecore.jobs.places import home

TOKEN = re.compile(r"Bearer ([!-~]{32,200})", re.IGNORECASE)
COOKIE = "loupe-may-train"
LASTS = 30 * 24 * 3600  # seconds
WRONG = 1.0  # seconds that a wrong password takes, whoever says it
GUESSES = 3  # passwords from one address that wait to be looked at, at most

_one_guess = asyncio.Lock()
_guessing: list[str] = []

Door = Literal["open", "password", "header"]


def read_only() -> bool:
    """Whether nothing is changed from here."""
    return os.environ.get("LOUPE_READ_ONLY") == "1"


def may_train() -> bool:
    """Whether trainings are started and steered from here, by whomever."""
    return os.environ.get("LOUPE_TRAIN") != "0" and not read_only()


def door(who: HTTPConnection) -> Door:
    """What is asked of who wants to train; of both settings the one that they still lack.

    Raises:
        UserError: If the settings cannot be read.
    """
    settings = limits(home())
    if settings.password and not (settings.header and _has_said(who, settings.password)):
        return "password"
    return "header" if settings.header else "open"


def admitted(who: HTTPConnection) -> bool:
    """Whether a request or a WebSocket comes from somebody who may train; with both settings both count.

    Raises:
        UserError: If the settings cannot be read.
    """
    settings = limits(home())
    if settings.password and not _has_said(who, settings.password):
        return False
    if not settings.header:
        return True
    name, _, value = (part.strip() for part in settings.header.partition(":"))
    said = who.headers.get(name, "")
    return value in (part.strip() for part in said.split(",")) if value else bool(said)


def token(request: Request, training: bool = True) -> str:
    """The token of a request that changes something.

    Args:
        request: What is asked.
        training: Whether it is about a training, and not about what one has made.

    Raises:
        HTTPException: If there is none, or nothing may be changed.
        UserError: If the settings cannot be read.
    """
    if read_only():
        raise HTTPException(403, "This Loupe changes nothing: it was started with --read-only.")
    if training and not may_train():
        raise HTTPException(
            403, "This Loupe shows models and trains none: it was started with --no-train (LOUPE_TRAIN=0)."
        )
    if not admitted(request):
        said = "say the password on the Train page" if door(request) == "password" else "sign in first"
        raise HTTPException(403, f"Not everybody may train here: {said}.")
    found = TOKEN.fullmatch(request.headers.get("authorization", ""))
    if not found:
        raise HTTPException(
            401,
            "A job is started and steered with a token of 32 to 200 characters, in the header "
            "Authorization: Bearer and then the token.",
            {"WWW-Authenticate": "Bearer"},
        )
    return found[1]


async def let_in(request: Request, password: str) -> Response:
    """The answer to who says a password: a cookie where it is the right one.

    One is looked at after the other, so that a second goes by between any two that are wrong.

    Raises:
        HTTPException: If it is not, or others from there wait already.
        UserError: If the settings cannot be read.
    """
    right = limits(home()).password
    address = request.client.host if request.client else ""
    if _guessing.count(address) >= GUESSES:
        raise HTTPException(429, "Other passwords from your address are looked at first: try again.")
    _guessing.append(address)
    try:
        async with _one_guess:
            if not right or not _same(password, right):
                await asyncio.sleep(WRONG)
                raise HTTPException(403, "That is not the password.")
    finally:
        _guessing.remove(address)
    answer = Response(status_code=204)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, _proof(right), max_age=LASTS, httponly=True, samesite="strict", secure=secure)
    return answer


def _has_said(who: HTTPConnection, password: str) -> bool:
    return _same(who.cookies.get(COOKIE, ""), _proof(password))


def _proof(password: str) -> str:
    """What only who has heard the password can say; it ends with the password."""
    return hmac.new(password.encode(), b"may train", hashlib.sha256).hexdigest()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
