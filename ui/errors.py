"""Errors of kgqa as HTTP: ``{"error": {"code", "message"}}`` with the right status."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from kgqa.errors import (
    ConfigError,
    KgqaError,
    MissingExtra,
    ModelError,
    NotFound,
    QueryError,
    ReadError,
    UnsupportedFormat,
    WorkspaceError,
    WorkspaceLocked,
)
from kgqa.ui.schemas import Error, ErrorBody

__all__ = ["Refused", "describe", "install"]

logger = logging.getLogger(__name__)

_KINDS: tuple[tuple[type[KgqaError], str, int], ...] = (
    (NotFound, "not_found", 404),
    (QueryError, "bad_query", 400),
    (WorkspaceLocked, "workspace_locked", 409),
    (UnsupportedFormat, "unsupported_format", 415),
    (ReadError, "unreadable", 422),
    (MissingExtra, "missing_extra", 501),
    (ModelError, "model", 500),
    (ConfigError, "configuration", 500),
    (WorkspaceError, "workspace", 500),
)
_STATUS_CODES = {400: "bad_request", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}
_INTERNAL = ErrorBody(code="internal", message="Something went wrong in the server. Its log says what.")


class Refused(Exception):
    """A request that the API does not accept, with the status to send."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def describe(error: Exception) -> tuple[int, ErrorBody]:
    """Status and body for an error; one that is not ours is logged and its text kept back."""
    if isinstance(error, Refused):
        return error.status, ErrorBody(code=error.code, message=str(error))
    for kind, code, status in _KINDS:
        if isinstance(error, kind):
            return status, ErrorBody(code=code, message=str(error))
    if isinstance(error, KgqaError):
        return 500, ErrorBody(code="kgqa", message=str(error))
    logger.error("Unexpected error", exc_info=error)
    return 500, _INTERNAL


def install(app: FastAPI) -> None:
    """Let ``app`` answer every error in our form."""
    for kind in (KgqaError, Refused, Exception):
        app.add_exception_handler(kind, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def _ours(request: Request, error: Exception) -> JSONResponse:
    return _response(*describe(error))


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fault = error.errors()[0]
    where = ".".join(str(part) for part in fault["loc"])
    return _response(422, ErrorBody(code="invalid_request", message=f"{where}: {fault['msg']}."))


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = _STATUS_CODES.get(error.status_code, "http")
    message = f"{error.detail}: {request.method} {request.url.path}"
    return _response(error.status_code, ErrorBody(code=code, message=message))


def _response(status: int, body: ErrorBody) -> JSONResponse:
    return JSONResponse(Error(error=body).model_dump(), status)
