"""Where jobs run: processes of this machine, or a Dask cluster that is there already."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar, cast

from bidopt.errors import UsageError

P = ParamSpec("P")
T = TypeVar("T")

SECONDS_TO_CONNECT = 10


@dataclass(frozen=True)
class Pool:
    """`died`: what a future raises whose worker ended under it; `tries`: how often a shop is begun at most."""

    executor: Executor
    died: tuple[type[BaseException], ...]
    tries: int = 3


@contextmanager
def processes(workers: int) -> Iterator[Pool]:
    """So many processes of this machine."""
    with _Lanes(workers) as executor:
        yield Pool(executor, (BrokenExecutor,))


@contextmanager
def cluster(address: str) -> Iterator[Pool]:
    """The workers of the Dask scheduler at `address`, which itself hands a dead worker's shop to another.

    Raises
    ------
    UsageError
        When `distributed` is not installed, nothing answers there, or no worker has joined.
    """
    try:
        from distributed import Client, KilledWorker
    except ImportError:
        raise UsageError(
            "--scheduler 需要 Dask / needs Dask.", "安装 / install it: pip install 'bidopt[cluster]'"
        ) from None
    try:
        client = cast("Any", Client)(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"连不上 Dask / no Dask scheduler answers at {address}: {error}", "先启动 / start it first: dask scheduler"
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=SECONDS_TO_CONNECT)
        except TimeoutError:
            raise UsageError(
                f"{address} 没有工作进程 / has no workers.", f"先启动 / start some first: dask worker {address}"
            ) from None
        with client.get_executor(pure=False) as executor:
            yield Pool(executor, (KilledWorker, CancelledError), tries=2)


class _Lanes(Executor):
    """Processes that each stand alone: one that dies takes only its own job with it, and is replaced.

    In a `ProcessPoolExecutor` of several workers, one death fails every job that was handed out.
    """

    def __init__(self, workers: int) -> None:
        self._threads = ThreadPoolExecutor(workers)
        self._lanes: SimpleQueue[ProcessPoolExecutor] = SimpleQueue()
        for _ in range(workers):
            self._lanes.put(_lane())

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return self._threads.submit(lambda: self._run(fn, *args, **kwargs))

    def _run(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        lane = self._lanes.get()
        try:
            return lane.submit(fn, *args, **kwargs).result()
        except BrokenExecutor:
            lane.shutdown(wait=False)
            lane = _lane()
            raise
        finally:
            self._lanes.put(lane)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        while not self._lanes.empty():
            self._lanes.get().shutdown(wait)


def _lane() -> ProcessPoolExecutor:
    """One process, fresh: a fork would copy this one's threads' locks, and Windows has none."""
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
