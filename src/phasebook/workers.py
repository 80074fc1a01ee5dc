"""Runs tasks in supervised processes: a time limit, a memory limit, a real kill; or in this process; or on a Dask cluster.

A task is a function that can be imported, with plain arguments. One that raises, crashes its process, overruns its time or takes
too much memory gives an `Outcome` that says so, and the others go on.
"""

import os
import signal
import sys
import threading
import time
import traceback
import uuid
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal

from . import runtime
from .errors import PhasebookError

MEMORY_EXIT_CODE = 87
WATCH_INTERVAL = 0.05
DASK_INTERVAL = 0.2

Failure = Literal["raised", "absent", "time", "memory", "crashed"]


class SchedulerLost(PhasebookError):
    """The Dask scheduler does not answer; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Task:
    """A call to make elsewhere: `function(*arguments)`, with limits in seconds and bytes."""

    key: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    seconds: float
    memory: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task: its value, or the kind of failure and a message; seconds and peak memory in bytes."""

    key: str
    value: Any = None
    failure: Failure | None = None
    message: str = ""
    trace: str = ""
    seconds: float = 0.0
    peak_memory: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """A task has begun (no outcome) or ended."""

    key: str
    outcome: Outcome | None = None


def run_tasks(
    tasks: Iterable[Task],
    *,
    workers: int,
    threads: int = 1,
    scheduler: str | None = None,
    stop: Callable[[], bool] | None = None,
) -> Generator[Event]:
    """Run the tasks and yield events as they come; the order of outcomes is the order of finishing.

    `workers=0` runs them in this process, one after another, without limits; `scheduler` is the address of a Dask scheduler.
    Closing the iterator (Ctrl-C does) stops what runs; so does `stop`, asked ten times a second of supervised processes, where
    another thread is the one to decide.
    """
    if workers < 0:
        raise ValueError(f"workers must be 0 or more; got {workers}")
    tasks = list(tasks)
    if scheduler is not None:
        return _on_dask(tasks, scheduler)
    if workers == 0:
        return _here(tasks)
    return _supervised(tasks, min(workers, max(1, len(tasks))), threads, stop or _never)


def attempt(task: Task) -> Outcome:
    """Call the task's function here, and turn whatever it raises into an outcome."""
    _reset_peak_memory()
    begin = time.perf_counter()
    _Watch.limit = task.memory
    try:
        value = task.function(*task.arguments)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == "phasebook":
            return _failed(task, "raised", f"{type(error).__name__}: {error}", begin)
        return _failed(task, "absent", f"needs the package {package}, which is not installed", begin)
    except MemoryError:
        return _failed(task, "memory", "ran out of memory", begin)
    except Exception as error:
        return _failed(task, "raised", f"{type(error).__name__}: {error}", begin)
    finally:
        _Watch.limit = None
    return Outcome(task.key, value, seconds=time.perf_counter() - begin, peak_memory=peak_memory())


def peak_memory() -> int:
    """The largest resident memory of this process since the task began, in bytes."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:  # not Linux: the process's maximum is the nearest that the system gives
        pass
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _failed(task: Task, failure: Failure, message: str, begin: float) -> Outcome:
    return Outcome(
        task.key,
        failure=failure,
        message=message,
        trace=traceback.format_exc(),
        seconds=time.perf_counter() - begin,
        peak_memory=peak_memory(),
    )


def _here(tasks: list[Task]) -> Generator[Event]:
    for task in tasks:
        yield Event(task.key)
        yield Event(task.key, attempt(task))


def _never() -> bool:
    return False


def _supervised(tasks: list[Task], workers: int, threads: int, stop: Callable[[], bool]) -> Generator[Event]:
    import concurrent.futures as futures
    import multiprocessing

    import pebble

    pool = pebble.ProcessPool(
        max_workers=workers,
        initializer=_start_worker,
        initargs=(threads, os.getpid()),
        context=multiprocessing.get_context("spawn"),
    )
    heard, hearing = _hear_interrupts()
    try:
        with _interrupts_held():
            pending: dict[Any, Task] = {
                pool.schedule(attempt, args=(task,), timeout=task.seconds): task for task in tasks
            }
        started: dict[str, float] = {}
        while pending and not stop():
            if heard:
                raise KeyboardInterrupt
            done, waiting = futures.wait(pending, timeout=0.1, return_when=futures.FIRST_COMPLETED)
            for future in waiting:
                key = pending[future].key
                if key not in started and future.running():
                    started[key] = time.perf_counter()
                    yield Event(key)
            for future in done:
                task = pending.pop(future)
                begin = started.get(task.key, time.perf_counter())
                yield Event(task.key, _outcome(future, task, time.perf_counter() - begin))
    finally:
        pool.stop()
        pool.join()
        hearing()


@contextmanager
def _interrupts_held() -> Generator[None]:
    """Ctrl-C waits while the pool's threads start: they and the processes that they start, at any time, inherit that it is held.

    Else a process that is still importing what it needs to ignore Ctrl-C would print where it was.
    """
    from multiprocessing import resource_tracker

    # Started later, inside a spawn, it would let Ctrl-C through again.
    resource_tracker.ensure_running()
    former = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _hear_interrupts() -> tuple[list[int], Callable[[], object]]:
    """A list that Ctrl-C is noted in, and what ends the noting.

    Python raises Ctrl-C wherever the program happens to be; inside a finalizer, which the garbage collector runs at any time, the
    exception is printed and lost. Its note is not.
    """
    heard: list[int] = []
    former = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(former):
        return heard, lambda: None

    def hear(number: int, frame: Any) -> None:
        heard.append(number)
        former(number, frame)

    signal.signal(signal.SIGINT, hear)
    return heard, lambda: signal.signal(signal.SIGINT, former)


def _outcome(future: Any, task: Task, seconds: float) -> Outcome:
    import pebble

    try:
        return future.result()
    except TimeoutError:
        return Outcome(task.key, failure="time", message=f"stopped after {task.seconds:g} s", seconds=task.seconds)
    except pebble.ProcessExpired as error:
        if error.exitcode == MEMORY_EXIT_CODE:
            message = f"stopped at {task.memory / 1024**3:.1f} GB of memory"
            return Outcome(task.key, failure="memory", message=message, seconds=seconds, peak_memory=task.memory)
        return Outcome(task.key, failure="crashed", message=_died(error.exitcode), seconds=seconds)


def _died(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        name = signal.Signals(-exit_code).name
        hint = "; the system kills a process so when memory runs out" if name == "SIGKILL" else ""
        return f"its process was killed by {name}{hint}"
    return f"its process ended with exit code {exit_code}"


class _Watch:
    """Shared between a worker's task and the thread that watches it."""

    limit: int | None = None


def _start_worker(threads: int, parent: int) -> None:
    # Ctrl-C reaches the whole process group; only the parent decides what stops.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A handler in Python, which the pool installs, would wait for a compiled kernel to return: the system ends it at once.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # What a task prints, in Python or in C, must not land among the results that the parent prints.
    os.dup2(2, 1)
    runtime.prepare_process(threads)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    """End this process when its task takes too much memory, or when the parent is gone (a kill -9 leaves no orphans)."""
    page = os.sysconf("SC_PAGE_SIZE")
    while True:
        time.sleep(WATCH_INTERVAL)
        if os.getppid() != parent:
            os._exit(1)
        limit = _Watch.limit
        if limit is not None and _resident_pages() * page > limit:
            os._exit(MEMORY_EXIT_CODE)


def _resident_pages() -> int:
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1])
    except OSError:
        return 0


def _reset_peak_memory() -> None:
    try:
        with open("/proc/self/clear_refs", "w") as clear:
            clear.write("5")
    except OSError:  # elsewhere than on Linux the peak is the process's, not the task's
        pass


def _on_dask(tasks: list[Task], address: str) -> Generator[Event]:
    """The very same tasks on a cluster that the user started; a lost worker costs its task, and no neighbour is re-run.

    Dask gives up every task that waits at a lost worker, not only the one that ran there. So none waits at a worker: each is
    pinned to a free thread, and the next is sent when that thread is free again. Dask cannot stop a running task: one that
    overran its time is an error when it ends.
    """
    import logging
    from concurrent.futures import CancelledError

    import distributed

    # A lost scheduler is said in one sentence, below; Dask's own account of it is three pages of tracebacks.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        with distributed.Client(address, timeout="10s") as client:
            client.run_on_scheduler(_fail_with_the_worker)
            yield from _through(client, deque(tasks))
    except (OSError, CancelledError) as error:
        raise SchedulerLost(
            f"the Dask scheduler at {address} does not answer ({type(error).__name__}); what was finished is kept: "
            "start it again and run the same command"
        ) from error


def _through(client: Any, waiting: deque[Task]) -> Generator[Event]:
    import distributed

    sent: dict[Any, tuple[Task, str]] = {}
    while waiting or sent:
        threads = client.nthreads()
        if any(worker not in threads for _, worker in sent.values()):
            # A task sent to a worker that left before it took the task has run nowhere: it waits again.
            unclaimed = client.run_on_scheduler(_keys_without_a_worker)
            for future in [future for future in sent if future.key in unclaimed]:
                waiting.appendleft(sent.pop(future)[0])
                future.cancel()
        taken = Counter(worker for _, worker in sent.values())
        free = [worker for worker, count in threads.items() for _ in range(count - taken[worker])]
        for worker in free[: len(waiting)]:
            task = waiting.popleft()
            future = client.submit(_on_worker, task, key=f"{task.key}-{uuid.uuid4()}", workers=[worker], retries=0)
            sent[future] = task, worker
            yield Event(task.key)
        if not sent:
            time.sleep(DASK_INTERVAL)
            continue
        with suppress(TimeoutError):
            distributed.wait(sent, timeout=DASK_INTERVAL, return_when="FIRST_COMPLETED")
        for future in [future for future in sent if future.done()]:
            task, _ = sent.pop(future)
            yield Event(task.key, _dask_outcome(future, task))


def _on_worker(task: Task) -> Outcome:
    runtime.prepare_process()
    return attempt(task)


def _fail_with_the_worker(dask_scheduler: Any) -> None:
    dask_scheduler.allowed_failures = 0


def _keys_without_a_worker(dask_scheduler: Any) -> set[str]:
    return {task.key for task in dask_scheduler.unrunnable}


def _dask_outcome(future: Any, task: Task) -> Outcome:
    error = future.exception()
    if error is not None:
        return Outcome(task.key, failure="crashed", message=f"its worker was lost: {type(error).__name__}")
    outcome = future.result()
    if outcome.failure is None and outcome.seconds > task.seconds:
        message = f"took {outcome.seconds:.0f} s of {task.seconds:g} s allowed"
        return Outcome(task.key, failure="time", message=message, seconds=outcome.seconds)
    return outcome
