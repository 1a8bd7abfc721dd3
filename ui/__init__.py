"""The page and its API: a web application over one open knowledge base."""

from kgqa.ui.app import create_app
from kgqa.ui.server import serve

__all__ = ["create_app", "serve"]
