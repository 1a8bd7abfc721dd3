"""The HTTP API, by subject."""

from kgqa.ui.api.routes import router

__all__ = ["router"]
