"""Supervised processes: limits are real, failures are told apart, and the others go on."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from phasebook.workers import Outcome, Task, run_tasks
from tests import tasks
from tests.dask_cluster import dask_cluster

GIGABYTE = 1024**3


def outcomes(*planned: Task, **options) -> dict[str, Outcome]:
    return {event.key: event.outcome for event in run_tasks(planned, **options) if event.outcome is not None}


def task(key: str, function, *arguments, seconds: float = 60, memory: int = GIGABYTE) -> Task:
    return Task(key, function, arguments, seconds, memory)


def test_one_that_fails_does_not_stop_the_others():
    found = outcomes(
        task("raises", tasks.fail),
        task("exits", tasks.exit_at_once),
        task("killed", tasks.kill_itself),
        task("absent", tasks.need_absent_package),
        *(task(f"good {value}", tasks.double, value) for value in range(4)),
        workers=2,
    )
    assert {key: outcome.failure for key, outcome in found.items() if outcome.failure} == {
        "raises": "raised",
        "exits": "crashed",
        "killed": "crashed",
        "absent": "absent",
    }
    assert [found[f"good {value}"].value for value in range(4)] == [0, 2, 4, 6]
    assert found["raises"].message == "ValueError: this task raises on purpose"
    assert "exit code 3" in found["exits"].message
    assert "SIGKILL" in found["killed"].message
    assert found["absent"].message == "needs the package a_package_that_nobody_has, which is not installed"


def test_time_and_memory_limits_kill():
    begin = time.perf_counter()
    found = outcomes(
        task("slow", tasks.sleep, 600.0, seconds=1.0),
        task("greedy", tasks.swallow_memory, 600, memory=GIGABYTE // 4),
        workers=2,
    )
    assert found["slow"].failure == "time"
    assert found["slow"].message == "stopped after 1 s"
    assert found["greedy"].failure == "memory"
    assert found["greedy"].message == "stopped at 0.2 GB of memory"
    assert time.perf_counter() - begin < 120


def test_peak_memory_is_the_tasks_own():
    found = outcomes(task("greedy", tasks.swallow_memory, 300), task("small", tasks.double, 1), workers=1)
    assert found["greedy"].peak_memory > 300e6
    assert found["small"].peak_memory < 250e6


def test_workers_get_one_thread_each_and_quiet_logs():
    assert outcomes(task("threads", tasks.threads), workers=1)["threads"].value == ["1", "1", "3"]


def test_in_process_runs_the_same_tasks():
    found = outcomes(task("good", tasks.double, 4), task("raises", tasks.fail), workers=0)
    assert found["good"].value == 8
    assert found["raises"].failure == "raised"


def test_processes_are_others_and_are_reused():
    found = outcomes(*(task(str(number), tasks.process_number) for number in range(12)), workers=2)
    assert 1 <= len({outcome.value for outcome in found.values()}) <= 2


def test_on_dask_a_lost_worker_costs_its_task_alone(tmp_path):
    with dask_cluster(tmp_path) as cluster:
        found = outcomes(
            *(task(f"good {value}", tasks.double, value) for value in range(3)),
            task("killed", tasks.kill_itself),
            *(task(f"good {value}", tasks.double, value) for value in range(3, 9)),
            task("killed too", tasks.kill_itself),
            *(task(f"good {value}", tasks.double, value) for value in range(9, 12)),
            task("raises", tasks.fail),
            task("slow", tasks.sleep, 0.3, seconds=0.1),
            workers=2,
            scheduler=cluster.address,
        )
    assert [found[f"good {value}"].value for value in range(12)] == list(range(0, 24, 2))
    for killed in found["killed"], found["killed too"]:
        assert killed.failure == "crashed"
        assert "its worker was lost" in killed.message
    assert found["raises"].failure == "raised"
    assert found["slow"].failure == "time"


def test_ctrl_c_that_is_swallowed_on_the_way_is_heard_all_the_same():
    """Python raises it wherever the program is; a finalizer swallows it, as this consumer of events does."""
    events = run_tasks([task("quick", tasks.double, 1), task("long", tasks.sleep, 60.0)], workers=1)
    next(events)
    with contextlib.suppress(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1.0)
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(events)
    assert time.monotonic() - begin < 30
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_workers_must_not_be_negative():
    with pytest.raises(ValueError, match="workers must be 0 or more; got -1"):
        run_tasks([], workers=-1)


def test_a_killed_parent_leaves_no_orphans(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys\n"
        "from phasebook.workers import Task, run_tasks\n"
        "from tests import tasks\n"
        "if __name__ == '__main__':\n"
        "    planned = [Task('pid', tasks.process_number, (), 60, 2**30), Task('slow', tasks.sleep, (600.0,), 900, 2**30)]\n"
        "    for event in run_tasks(planned, workers=1):\n"
        "        if event.outcome is not None:\n"
        "            print(event.outcome.value, flush=True)\n"
    )
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=_environment())
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and _alive(worker):
        time.sleep(0.05)
    assert not _alive(worker)


def _environment() -> dict[str, str]:
    import os
    from pathlib import Path

    return {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}


def _alive(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as stat:
            return stat.read().split()[2] != "Z"
    except FileNotFoundError:
        return False
