"""The web application over one open knowledge base: API under ``/api``, the built page at ``/``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from kgqa.ui import errors
from kgqa.ui.api import router
from kgqa.ui.conversations import Conversations
from kgqa.ui.jobs import Jobs
from kgqa.ui.knowledge import Knowledge
from kgqa.ui.security import OwnPageOnly

__all__ = ["STATIC", "create_app"]

STATIC = Path(__file__).parent / "static"
"""Where ``make ui`` puts the built page."""

_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>kgqa</title>
<body style="font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem">
<h1>The page is not built yet</h1>
<p>The API runs. To build the page, run <code>make ui</code> in the repository and reload.</p>
<p lang="zh">页面尚未构建。请在代码仓库中运行 <code>make ui</code>,然后刷新。</p></body></html>"""


def create_app(kb: Knowledge, *, static: Path = STATIC, hosts: Sequence[str] | None = None) -> FastAPI:
    """The application. ``hosts`` are the host names it answers to; None means any.

    Closing ``kb`` stays with the caller.
    """
    jobs = Jobs(kb)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        jobs.close()

    app = FastAPI(title="kgqa", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.state.knowledge = kb
    app.state.jobs = jobs
    app.state.conversations = Conversations(kb)
    app.add_middleware(OwnPageOnly, hosts=hosts)
    errors.install(app)
    app.include_router(router)
    _add_page(app, static)
    return app


def _add_page(app: FastAPI, static: Path) -> None:
    if (static / "index.html").is_file():
        app.mount("/", StaticFiles(directory=static, html=True), name="page")
        return

    @app.get("/", include_in_schema=False)
    def not_built() -> HTMLResponse:
        return HTMLResponse(_NOT_BUILT, 503)
