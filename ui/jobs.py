"""Uploads on their way into the graph: one worker, for a workspace has one writer, and any number of followers."""

from __future__ import annotations

import shutil
import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

from kgqa.errors import NotFound
from kgqa.types import IngestReport, Progress
from kgqa.ui import schemas
from kgqa.ui.errors import describe
from kgqa.ui.knowledge import Knowledge

__all__ = ["Job", "Jobs"]

Status = Literal["queued", "running", "done", "failed", "cancelled"]
_ENDED = frozenset({"done", "failed", "cancelled"})


class _Cancelled(Exception):
    """Leaves a run between two steps; what was committed stays."""


class Job:
    """One run over uploaded files, and how far it is. With ``is_discarding`` their folders go when it ends."""

    def __init__(self, job_id: str, paths: Sequence[Path], *, is_discarding: bool = False) -> None:
        self.id = job_id
        self.paths = list(paths)
        self.is_discarding = is_discarding
        self._changed = threading.Condition()
        self._version = 0
        self._cancel = False
        self._status: Status = "queued"
        self._progress: schemas.Progress | None = None
        self._report: schemas.Report | None = None
        self._error: schemas.ErrorBody | None = None

    def snapshot(self) -> schemas.Job:
        """The state now."""
        return schemas.Job(
            id=self.id,
            files=[path.name for path in self.paths],
            status=self._status,
            progress=self._progress,
            report=self._report,
            error=self._error,
        )

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self._status in _ENDED

    def follow(self, patience: float = 1.0) -> Iterator[schemas.Job | None]:
        """The state now and after each change until the job ends; None if ``patience`` seconds pass without one."""
        seen = -1
        while True:
            with self._changed:
                if self._version == seen:
                    self._changed.wait(patience)
                changed, seen = self._version != seen, self._version
                state = self.snapshot()
            yield state if changed else None
            if state.status in _ENDED:
                return

    def cancel(self) -> None:
        """Stop at the next step."""
        self._cancel = True

    def run(self, kb: Knowledge) -> None:
        """Ingest the files; errors become the job's state."""
        try:
            report = self._ingest(kb)
            self._set(status="done", report=schemas.Report.model_validate(report))
        except _Cancelled:
            self._set(status="cancelled")
        except Exception as error:
            self._set(status="failed", error=describe(error)[1])

    def _ingest(self, kb: Knowledge) -> IngestReport:
        try:
            self._step()
            self._set(status="running")
            return kb.ingest(self.paths, on_progress=self._on_progress)
        finally:
            for folder in {path.parent for path in self.paths} if self.is_discarding else ():
                shutil.rmtree(folder, ignore_errors=True)

    def _on_progress(self, progress: Progress) -> None:
        self._step()
        self._set(progress=schemas.Progress.model_validate(progress))

    def _step(self) -> None:
        if self._cancel:
            raise _Cancelled

    def _set(
        self,
        status: Status | None = None,
        progress: schemas.Progress | None = None,
        report: schemas.Report | None = None,
        error: schemas.ErrorBody | None = None,
    ) -> None:
        with self._changed:
            self._status = status or self._status
            self._progress = progress or self._progress
            self._report = report or self._report
            self._error = error or self._error
            self._version += 1
            self._changed.notify_all()


class Jobs:
    """The jobs of this server, newest last; finished ones are forgotten when there are more than ``limit``."""

    def __init__(self, kb: Knowledge, limit: int = 200) -> None:
        self.kb = kb
        self.limit = limit
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kgqa-ingest")

    def start(self, paths: Sequence[Path], *, is_discarding: bool = False) -> Job:
        """A job that ingests the files after those already queued."""
        job = Job(uuid.uuid4().hex, paths, is_discarding=is_discarding)
        self._jobs[job.id] = job
        for old in [known for known in self._jobs.values() if known.ended][: max(0, len(self._jobs) - self.limit)]:
            del self._jobs[old.id]
        self._worker.submit(job.run, self.kb)
        return job

    def get(self, job_id: str) -> Job:
        """One job; raises ``NotFound`` for an id that is not known."""
        if job_id not in self._jobs:
            raise NotFound(f"There is no job {job_id!r}. Jobs are forgotten when the server stops.")
        return self._jobs[job_id]

    def known(self, job_id: str) -> bool:
        """Whether there is such a job."""
        return job_id in self._jobs

    def all(self) -> list[Job]:
        """Every job, oldest first."""
        return list(self._jobs.values())

    def close(self) -> None:
        """Cancel what is left and wait for the step at hand."""
        for job in self._jobs.values():
            job.cancel()
        self._worker.shutdown(wait=True)
