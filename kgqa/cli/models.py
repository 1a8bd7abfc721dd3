"""``kgqa train`` and ``kgqa evaluate``: models of one's own from annotated data, and scores of any model on any data."""

from __future__ import annotations

import typer

__all__ = ["evaluate_app", "train_app"]

train_app = typer.Typer(help='Train a model on annotated data (needs pip install "kgqa[train]").', no_args_is_help=True)
evaluate_app = typer.Typer(help="Score a model, or the answers of a workspace.", no_args_is_help=True)
