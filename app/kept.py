"""Work that takes a while: in a few threads, once for all who wait for it, and remembered."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Generic, TypeVar

from app.answers import Answer

T = TypeVar("T")

_POOL = ThreadPoolExecutor(max_workers=4, thread_name_prefix="loupe")


async def in_thread(work: Callable[..., T], *given: Any) -> T:
    """What ``work(*given)`` returns, without holding up the server."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, work, *given)


class Kept(Generic[T]):
    """Results by key, each made once, the longest unused forgotten first.

    Who asks while a result is being made waits for the same one. What fails is not kept.

    Args:
        most: Bytes that are kept at most; one larger than that is handed out and forgotten.
        size: Bytes of a result.
    """

    def __init__(self, most: int, size: Callable[[T], int]) -> None:
        self._most, self._size = most, size
        self._found: OrderedDict[Hashable, Future[T]] = OrderedDict()
        self._lock = threading.RLock()

    async def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The result called ``key``, by ``make`` where there is none. Raises what ``make`` raises."""
        with self._lock:
            future = self._found.get(key)
            if future is None:
                future = self._found[key] = _POOL.submit(make)
                future.add_done_callback(partial(self._settle, key))
            if key in self._found:  # it may have failed already
                self._found.move_to_end(key)
        return await asyncio.shield(asyncio.wrap_future(future))  # one who leaves stops nobody's work

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._found.clear()

    def _settle(self, key: Hashable, future: Future[T]) -> None:
        with self._lock:
            if self._found.get(key) is not future:
                return
            if future.cancelled() or future.exception():
                del self._found[key]
                return
            done = {name: each for name, each in self._found.items() if each.done() and not each.cancelled()}
            sizes = {name: self._size(each.result()) for name, each in done.items() if not each.exception()}
            total = sum(sizes.values())
            for name, size in sizes.items():  # the longest unused first
                if total <= self._most:
                    break
                del self._found[name]
                total -= size


class Opened(Generic[T]):
    """What was opened last, by id: the object of before, with the codes that it has read, while it is equal.

    Args:
        open_: Opens one; its card alone is read.
        most: How many are kept.
    """

    def __init__(self, open_: Callable[[str], T], most: int = 8) -> None:
        self._open, self._most = open_, most
        self._found: OrderedDict[str, T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str) -> T:
        """The one of that id. Raises what opening raises."""
        now = self._open(name)
        with self._lock:
            before = self._found.pop(name, now)
            self._found[name] = now = before if before == now else now
            if len(self._found) > self._most:
                self._found.popitem(last=False)
        return now


answers: Kept[Answer] = Kept(256 * 2**20, lambda each: each.size)
"""What everybody is handed: files of the canvas, of bundles and of sweeps."""
