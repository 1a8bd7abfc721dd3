"""Documents: list, one with its text, upload as a job whose progress can be followed, delete."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO

from fastapi import APIRouter, UploadFile
from fastapi.sse import EventSourceResponse, ServerSentEvent

from kgqa.registry import READERS
from kgqa.ui import schemas
from kgqa.ui.api.state import Running, Workspace
from kgqa.ui.errors import Refused
from kgqa.ui.knowledge import Knowledge

__all__ = ["UPLOADS", "router"]

router = APIRouter(tags=["documents"])

UPLOADS = "uploads"
"""Folder of the workspace that keeps uploaded originals."""
_MAX_FILES = 100


@router.get("/documents")
def documents(kb: Workspace) -> list[schemas.DocumentRow]:
    """Every document of the workspace."""
    return [schemas.DocumentRow.model_validate(document) for document in kb.documents()]


@router.get("/documents/{document_id}")
def document(document_id: str, kb: Workspace) -> schemas.Document:
    """One document: text, structure, and where its passages lie."""
    found = kb.document(document_id)
    return schemas.Document(
        id=found.id,
        uri=found.uri,
        title=found.title,
        language=found.language,
        media_type=found.media_type,
        text=found.text,
        blocks=[schemas.Block.model_validate(block) for block in found.blocks],
        chunks=[schemas.Chunk.model_validate(chunk) for chunk in kb.chunks(document_id)],
    )


@router.delete("/documents/{document_id}")
def delete(document_id: str, kb: Workspace) -> schemas.Deleted:
    """What went with the document."""
    uri = kb.document(document_id).uri
    deleted = kb.delete(document_id)
    _remove_upload(kb, uri)
    return schemas.Deleted.model_validate(deleted)


@router.post("/documents", status_code=202)
def upload(files: list[UploadFile], kb: Workspace, jobs: Running) -> schemas.Job:
    """A job that ingests the files. Refused as a whole if one of them is too large or of a kind that is not read."""
    if len(files) > _MAX_FILES:
        raise Refused(413, "too_many", f"{len(files)} files are more than the {_MAX_FILES} that one upload may hold.")
    names = [_name(file) for file in files]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Refused(422, "same_name", f"Two files are called {twice[0]}. Rename one, or upload them one by one.")
    limit = kb.settings.serve.max_upload_megabytes
    for file, name in zip(files, names, strict=True):
        if (file.size or 0) > limit << 20:
            raise Refused(413, "too_large", f"{name} has more than {limit} MB. Use `kgqa ingest` for large files.")
    kept = [_keep(kb, file.file, name) for file, name in zip(files, names, strict=True)]
    return jobs.start(kept, is_discarding=_is_masking(kb)).snapshot()


@router.get("/jobs")
def all_jobs(jobs: Running) -> list[schemas.Job]:
    """The jobs of this server, oldest first."""
    return [job.snapshot() for job in jobs.all()]


@router.get("/jobs/{job_id}")
def one_job(job_id: str, jobs: Running) -> schemas.Job:
    """One job."""
    return jobs.get(job_id).snapshot()


@router.delete("/jobs/{job_id}")
def cancel(job_id: str, jobs: Running) -> schemas.Job:
    """The job, which stops at its next step; what is in the graph already stays."""
    job = jobs.get(job_id)
    job.cancel()
    return job.snapshot()


@router.get("/jobs/{job_id}/events", response_class=EventSourceResponse)
def job_events(job_id: str, jobs: Running) -> Iterator[ServerSentEvent]:
    """The state of a job now and after each change, as ``job`` events, until it ends."""
    if not jobs.known(job_id):
        yield ServerSentEvent(event="error", data={"code": "not_found", "message": f"There is no job {job_id!r}."})
        return
    for state in jobs.get(job_id).follow():
        if state is not None:
            yield ServerSentEvent(event="job", data=state.model_dump())


def _name(file: UploadFile) -> str:
    """The bare file name: a client may send a path of either kind."""
    name = PurePosixPath(PureWindowsPath(file.filename or "").name).name.strip().lstrip(".")
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in READERS:
        kinds = " ".join(sorted(READERS))
        raise Refused(415, "unsupported_format", f"{file.filename!r} is not of a kind that is read. Kinds: {kinds}.")
    return name


def _is_masking(kb: Knowledge) -> bool:
    return kb.settings.privacy == "mask"


def _keep(kb: Knowledge, source: BinaryIO, name: str) -> Path:
    """The file in the workspace. One of the same name is written over: its document is replaced, as in a folder.

    A workspace that masks personal data keeps no original: the file lies in a temporary folder of its own.
    """
    folder = Path(tempfile.mkdtemp(prefix="kgqa-")) if _is_masking(kb) else kb.folder / UPLOADS
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{uuid.uuid4().hex}.part"
    with part.open("wb") as target:
        shutil.copyfileobj(source, target)
    return part.replace(folder / name)


def _remove_upload(kb: Knowledge, uri: str) -> None:
    """Delete the kept original if the document came by upload; a file elsewhere is the user's own."""
    uploads = (kb.folder / UPLOADS).resolve()
    path = (uploads / uri).resolve()
    if path.parent == uploads and path.is_file():
        path.unlink()
