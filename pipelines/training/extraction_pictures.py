"""Two pictures of a training: how the losses fell, and the F1 of each type with its interval."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from kgqa.pipelines.evaluation.extraction import ExtractionReport

__all__ = ["draw_curve", "draw_scores"]


def draw_curve(curve: Sequence[tuple[float, ...]], held_back: Sequence[tuple[float, float]], path: Path) -> None:
    """The running losses, and the loss on held-back texts, over the minutes, as PNG."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    for n, name in enumerate(("spans", "relations", "coreference", "arguments", "pronouns"), 1):
        if any(point[n] for point in curve):
            axes.plot([point[0] for point in curve], [point[n] for point in curve], label=name)
    if held_back:
        axes.plot(*zip(*held_back, strict=True), marker=".", label="held back, all together")
    axes.set_xlabel("minutes")
    axes.set_ylabel("loss")
    if axes.lines:
        axes.legend()
    figure.savefig(path, dpi=110)


def draw_scores(reports: Sequence[ExtractionReport], path: Path) -> None:
    """F1 of each data set and type with its 95 % interval, as PNG."""
    rows = [(f"{r.data}: {name}", s.f1, s.interval) for r in reports for name, s in r.per_type.items() if s.n >= 10]
    figure = Figure(figsize=(8, 1 + 0.2 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    places = list(range(len(rows)))[::-1]
    values = [f1 for _, f1, _ in rows]
    below = [max(0.0, f1 - interval[0]) for _, f1, interval in rows]
    above = [max(0.0, interval[1] - f1) for _, f1, interval in rows]
    axes.barh(places, values, xerr=[below, above], error_kw={"lw": 0.8})
    axes.set_yticks(places, [name for name, *_ in rows], fontsize=7)
    axes.set_xlim(0, 1)
    axes.set_xlabel("F1")
    figure.savefig(path, dpi=110)
