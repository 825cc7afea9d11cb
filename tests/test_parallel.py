from __future__ import annotations

import numpy as np
import pytest
from joblib import parallel_config

from jaknet.parallel import run_tasks, workers


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_results_come_in_the_order_of_the_tasks(jobs: int) -> None:
    with parallel_config(backend="threading", n_jobs=jobs):
        assert workers() == jobs
        assert list(run_tasks(lambda number: number**2, range(20))) == [number**2 for number in range(20)]


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_tasks_in_place_share_memory_under_any_configuration(backend: str) -> None:
    array = np.zeros(4)

    def fill(place: int) -> None:
        array[place] = place

    with parallel_config(backend=backend, n_jobs=2):
        list(run_tasks(fill, range(4), in_place=True))
    assert array.tolist() == [0, 1, 2, 3]


def test_errors_of_a_task_reach_the_caller() -> None:
    def fail(number: int) -> int:
        raise ValueError(number)

    with parallel_config(n_jobs=2), pytest.raises(ValueError, match=r"[0-9]"):
        list(run_tasks(fail, range(2), in_place=True))


def test_no_tasks_no_results() -> None:
    assert list(run_tasks(abs, [])) == []


def test_results_are_made_when_asked_for() -> None:
    """One worker is lazy: a long screen need not hold what was already taken."""
    done = []
    with parallel_config(n_jobs=1):
        stream = run_tasks(lambda number: done.append(number) or number, range(5))
        assert next(stream) == 0
    assert done == [0]


def test_one_task_stays_in_the_calling_thread() -> None:
    import threading

    with parallel_config(n_jobs=4):
        assert list(run_tasks(lambda _: threading.current_thread() is threading.main_thread(), [0])) == [True]
        assert not all(run_tasks(lambda _: threading.current_thread() is threading.main_thread(), range(8)))


@pytest.mark.parametrize(("progress", "shown"), [(None, False), (False, False), (True, True)])
def test_progress_is_shown_where_asked_for_and_by_none_on_a_terminal_only(
    capsys: pytest.CaptureFixture[str], progress: bool | None, shown: bool
) -> None:
    list(run_tasks(abs, range(3), progress=progress, description="said"))
    captured = capsys.readouterr()
    assert captured.out == "" and ("said" in captured.err) == shown


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failing_task_stops_the_rest_with_its_own_error(jobs: int) -> None:
    def work(number: int) -> int:
        if number == 2:
            raise KeyError("two")
        return number

    with parallel_config(backend="threading", n_jobs=jobs), pytest.raises(KeyError, match="two"):
        list(run_tasks(work, range(6)))


def test_without_configuration_there_is_one_worker_a_core() -> None:
    import joblib

    assert workers() == joblib.effective_n_jobs(-1)
