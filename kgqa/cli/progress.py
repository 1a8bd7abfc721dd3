"""Progress of a run: one bar for each stage in a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich import progress
from rich.console import Console

from kgqa.types import Progress

__all__ = ["RunProgress"]

PLAIN_SECONDS = 10.0
PLAIN_SHARE = 0.05


class RunProgress:
    """Call it with each ``Progress`` of a run. Use it as a context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tasks: dict[str, progress.TaskID] = {}
        self._last: dict[str, tuple[float, int]] = {}
        self._bars = progress.Progress(
            progress.SpinnerColumn(),
            progress.TextColumn("{task.description}", table_column=None),
            progress.BarColumn(30),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[note]}"),
            progress.TimeElapsedColumn(),
            progress.TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    def __call__(self, step: Progress) -> None:
        if self._console.is_terminal:
            self._bar(step)
        else:
            self._line(step)

    def __enter__(self) -> RunProgress:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def _bar(self, step: Progress) -> None:
        if step.stage not in self._tasks:
            self._tasks[step.stage] = self._bars.add_task(f"{step.stage.capitalize():<11}", total=step.total, note="")
        self._bars.update(self._tasks[step.stage], completed=step.done, total=step.total, note=step.note)

    def _line(self, step: Progress) -> None:
        now = time.monotonic()
        then, done = self._last.get(step.stage, (0.0, -1))
        whole = step.total or 0
        finished = step.total is not None and step.done >= step.total and done < whole
        if not finished and now - then < PLAIN_SECONDS and step.done - done < max(1.0, whole * PLAIN_SHARE):
            return
        self._last[step.stage] = (now, step.done)
        self._console.print(
            f"{step.stage} {step.done}/{step.total if step.total is not None else '?'} {step.note}".rstrip()
        )
