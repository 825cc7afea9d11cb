"""Work spread over workers through joblib, so that `joblib.parallel_config` can send it elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from joblib import Parallel, delayed
from joblib.parallel import get_active_backend
from tqdm.auto import tqdm

__all__ = ["run_tasks", "workers"]

Task = TypeVar("Task")
Result = TypeVar("Result")


def workers() -> int:
    """Return how many tasks run at once: what `joblib.parallel_config` says, else one per core."""
    backend, asked = get_active_backend()
    return int(backend.effective_n_jobs(-1 if asked is None else asked))


def run_tasks(
    function: Callable[[Task], Result], tasks: Sequence[Task], progress: bool | None = False, description: str = "", in_place: bool = False
) -> Iterator[Result]:
    """Yield ``function(task)`` in the order of the tasks, several at a time.

    Threads are the default, since the kernels release the interpreter lock; a backend set by
    `joblib.parallel_config` (loky, dask, ray) takes precedence.

    Parameters
    ----------
    function : callable
        Takes a task and returns its result.
    tasks : sequence
        What to call it with.
    progress : bool or None
        Show a progress bar; None: on a terminal only.
    description : str
        Name of the progress bar.
    in_place : bool
        The tasks write into arrays of the caller: threads then, whatever the configuration says.

    Yields
    ------
    object
        The result of each task.

    Examples
    --------
    >>> list(run_tasks(abs, [-1, 2]))
    [1, 2]
    """
    count = min(workers(), len(tasks))
    if count <= 1:
        results: Iterator[Any] = map(function, tasks)
    else:
        where = {"require": "sharedmem"} if in_place else {"prefer": "threads"}
        results = Parallel(n_jobs=count, return_as="generator", **where)(delayed(function)(task) for task in tasks)
    yield from tqdm(results, total=len(tasks), desc=description, disable=None if progress is None else not progress)
