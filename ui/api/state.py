"""What the routes share: the knowledge base, the jobs and the conversations of the application."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from kgqa.ui.conversations import Conversations
from kgqa.ui.jobs import Jobs
from kgqa.ui.knowledge import Knowledge

__all__ = ["Chats", "Running", "Workspace"]


def _knowledge(request: Request) -> Knowledge:
    return cast(Knowledge, request.app.state.knowledge)


def _jobs(request: Request) -> Jobs:
    return cast(Jobs, request.app.state.jobs)


def _conversations(request: Request) -> Conversations:
    return cast(Conversations, request.app.state.conversations)


Workspace = Annotated[Knowledge, Depends(_knowledge)]
Running = Annotated[Jobs, Depends(_jobs)]
Chats = Annotated[Conversations, Depends(_conversations)]
