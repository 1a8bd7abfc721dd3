"""``kgqa graph``: look at entities, triples with their quotes and paths; decide who is who; ask in Cypher."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from getpass import getuser
from json import JSONDecodeError, loads
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape

from kgqa.cli.console import (
    DEFAULT_WORKSPACE,
    FAILED,
    JsonOption,
    WorkspaceOption,
    data,
    errors_in_one_line,
    messages,
    print_json,
)
from kgqa.cli.render import entities_table, evidence_lines, path_line, statistics_table, triple_line
from kgqa.cli.tables import candidate_lines, decision_line, event_line, link_line, rows_table
from kgqa.errors import ConfigError, NotFound
from kgqa.graph import Catalogue, Decision, Graph, read_constraints
from kgqa.knowledge_base import open_knowledge_base
from kgqa.types import Evidence, Modality, Triple
from kgqa.types import Path as GraphPath

__all__ = ["app"]

app = typer.Typer(help="Look at the graph, and decide who is who in it.", no_args_is_help=True)

EntityArgument = Annotated[str, typer.Argument(help="Name or id of the entity.")]
OneArgument = Annotated[str, typer.Argument(help="Name or id.")]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000)]
DuringOption = Annotated[
    str | None, typer.Option("--during", help="When it held or happened: 2012, 2012-05-31, 2010/2015, 2010/ or /2015.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is kept with the decision.")]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a command has to say: a value for ``--json``, and how a person sees it."""

    value: Any
    show: Callable[[], object]
    note: str = ""
    """For a person, beside the data."""
    failed: bool = False


def _command(act: Callable[..., Shown]) -> Callable[..., Shown]:
    """Makes a command of a function of an open graph: ``--workspace`` and ``--json`` are the same for all."""

    def command(workspace: Path, json: bool, **given: Any) -> None:
        with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
            shown = act(kb.graph, **given)
            print_json(shown.value) if json else shown.show()
        if shown.note and (shown.failed or not json):
            messages.print(shown.note, markup=False)
        if shown.failed:
            raise typer.Exit(FAILED)

    _, *own = inspect.signature(act, eval_str=True).parameters.values()
    keyword = inspect.Parameter.KEYWORD_ONLY
    shared = [
        inspect.Parameter("workspace", keyword, default=DEFAULT_WORKSPACE, annotation=WorkspaceOption),
        inspect.Parameter("json", keyword, default=False, annotation=JsonOption),
    ]
    parameters = [*(parameter.replace(kind=keyword) for parameter in own), *shared]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads it
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    app.command(act.__name__, help=act.__doc__)(command)
    return act


@_command
def stats(graph: Graph) -> Shown:
    """How much the graph holds."""
    statistics = graph.statistics()
    return Shown(statistics.to_dict(), lambda: data.print(statistics_table(statistics)))


@_command
def find(
    graph: Graph,
    name: Annotated[str, typer.Argument(help="A name or a part of one.")],
    limit: LimitOption = 20,
) -> Shown:
    """Find entities by name or alias; where none is called so, by a name that is spelt nearly so."""
    found = graph.find(name, limit=limit)
    near = [] if found else graph.similar(name, limit=limit)
    note = "" if found else f"No entity is called {name!r}." + (" Spelt nearly so:" if near else "")
    entities = found or [match.entity for match in near]
    scores = [{"score": match.score, "matched": match.name} for match in near] or [{} for _ in found]
    value = [{**entity.to_dict(), **score} for entity, score in zip(entities, scores, strict=True)]
    return Shown(value, lambda: data.print(entities_table(entities)), note)


@_command
def entity(graph: Graph, name: EntityArgument) -> Shown:
    """An entity and its triples, each with the words it was read from."""
    found = graph.entity(name)
    facts = _evidenced(graph, [*graph.triples(subject=found.id), *graph.triples(object=found.id)])
    entries = list(dict.fromkeys(link.value for link in graph.links(found.id)))

    def show() -> None:
        data.print(entities_table([found]))
        if entries:
            data.print(f"In the catalogue: {escape(', '.join(entries))}")
        _show_facts(facts)

    return Shown({**found.to_dict(), "catalogue_ids": entries, "triples": _plain_facts(facts)}, show)


@_command
def triples(
    graph: Graph,
    subject: Annotated[str | None, typer.Option("--subject", "-s", help="Name or id.")] = None,
    predicate: Annotated[str | None, typer.Option("--predicate", "-p", help="Such as FOUNDED_BY.")] = None,
    object: Annotated[str | None, typer.Option("--object", "-o", help="Name or id.")] = None,
    limit: LimitOption = 50,
    during: DuringOption = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="What had been read by then: 2026-01-31, or with a time, in UTC.")
    ] = None,
) -> Shown:
    """Triples that fit a pattern, best supported first, with their quotes."""
    found = graph.triples(subject or None, predicate, object or None, limit, during=during, as_of=as_of)
    facts = _evidenced(graph, found)
    return Shown(_plain_facts(facts), lambda: _show_facts(facts))


@_command
def events(
    graph: Graph,
    name: Annotated[str | None, typer.Option("--entity", "-e", help="Who or what takes part: name or id.")] = None,
    type: Annotated[str | None, typer.Option("--type", "-t", help="Such as Acquisition.")] = None,
    during: DuringOption = None,
    all: Annotated[bool, typer.Option("--all", help="Also what a text denies, plans or supposes.")] = False,
    limit: LimitOption = 50,
) -> Shown:
    """What happened, the earliest first, with its quotes."""
    found = graph.events(name, type, during, modality=None if all else Modality.ASSERTED, limit=limit)
    told = [(event, graph.evidence(event.id)) for event in found]

    def show() -> None:
        for event, evidence in told:
            data.print(event_line(event))
            evidence_lines(evidence, data)

    return Shown([{**event.to_dict(), "evidence": [e.to_dict() for e in quotes]} for event, quotes in told], show)


@_command
def contradictions(graph: Graph) -> Shown:
    """Facts of which at most one can hold, such as two places of birth, each with its sources."""
    groups = [_evidenced(graph, group) for group in graph.contradictions()]

    def show() -> None:
        for group in groups:
            _show_facts(group)
            data.print()

    return Shown([_plain_facts(group) for group in groups], show)


@_command
def neighbors(
    graph: Graph,
    name: EntityArgument,
    hops: Annotated[int, typer.Option("--hops", min=1, max=4)] = 1,
    limit: LimitOption = 50,
) -> Shown:
    """Entities around one, nearest first."""
    around = graph.neighbours(name, hops=hops, limit=limit)

    def show() -> None:
        for neighbour in around:
            data.print(
                f"{neighbour.distance}  [bold]{escape(neighbour.entity.name)}[/] [dim]{neighbour.entity.type}[/]"
            )
            for triple in neighbour.triples:
                data.print("     ", triple_line(triple))

    return Shown([neighbour.to_dict() for neighbour in around], show)


@_command
def path(graph: Graph, start: OneArgument, end: OneArgument) -> Shown:
    """The shortest path between two entities, with the quotes along it."""
    found = graph.path(start, end)
    if found is None:
        return Shown(None, lambda: None, f"No path joins {start!r} and {end!r}.", failed=True)
    return Shown(found.to_dict(), lambda: _show_path(graph, found))


@_command
def paths(
    graph: Graph,
    start: OneArgument,
    end: OneArgument,
    limit: LimitOption = 5,
    hops: Annotated[int, typer.Option("--hops", min=1, max=10, help="Triples of the longest path.")] = 6,
    best: Annotated[
        Literal["support", "confidence"] | None,
        typer.Option("--best", help="Not the shortest first, but those of the most evidence or the surest."),
    ] = None,
) -> Shown:
    """Several paths between two entities, the shortest first, with the quotes along them."""
    found = graph.paths(start, end, limit, hops, weight=best)
    note = "" if found else f"No path joins {start!r} and {end!r}."

    def show() -> None:
        for one in found:
            _show_path(graph, one)

    return Shown([one.to_dict() for one in found], show, note, failed=not found)


def _show_path(graph: Graph, found: GraphPath) -> None:
    data.print(path_line(found))
    _show_facts(_evidenced(graph, found.triples))


Facts = list[tuple[Triple, list[Evidence]]]


def _evidenced(graph: Graph, triples: Iterable[Triple]) -> Facts:
    return [(triple, graph.evidence(triple.id)) for triple in triples]


def _plain_facts(facts: Facts) -> list[dict[str, Any]]:
    return [{**triple.to_dict(), "evidence": [e.to_dict() for e in evidence]} for triple, evidence in facts]


def _show_facts(facts: Facts) -> None:
    for triple, evidence in facts:
        data.print(triple_line(triple))
        evidence_lines(evidence, data)


@_command
def constrain(
    graph: Graph,
    file: Annotated[Path, typer.Argument(help="TOML: a table for each predicate with domain, range and most.")],
) -> Shown:
    """What facts may join, in place of what was said before; an empty file takes all constraints away."""
    out = graph.constrain(read_constraints(file))
    note = f"{out} evidences are kept out of the graph: kgqa graph rejected" if out else "Nothing is kept out by them."
    made = {name: constraint.to_dict() for name, constraint in graph.constraints().items()}
    return Shown({"constraints": made, "rejected": out}, lambda: data.print(f"{len(made)} constraints"), note)


@_command
def rejected(graph: Graph, limit: LimitOption = 50) -> Shown:
    """Facts that constraints and decisions keep out of the graph, each with the reason and its quote."""
    found = graph.rejected(limit)

    def show() -> None:
        for one in found:
            data.print(f"{escape(one.subject)} —{escape(one.predicate)}→ {escape(one.object)}  [yellow]{one.reason}[/]")
            data.print(f"    “{escape(' '.join(one.quote.split()))}”")

    return Shown([one.to_dict() for one in found], show)


# --- decisions: who is who, and what is wrong -------------------------------------------------------------------------


@_command
def merge(
    graph: Graph,
    keep: Annotated[str, typer.Argument(help="Name or id of the entity that stays.")],
    other: Annotated[str, typer.Argument(help="Name or id of the one that is the same.")],
    reason: ReasonOption = "",
) -> Shown:
    """Two entities are one, also in documents that come later. `undo` takes it back."""
    return _decided(graph.merge(keep, other, reason=reason, by=_user()))


@_command
def split(
    graph: Graph,
    name: EntityArgument,
    documents: Annotated[list[str], typer.Argument(help="Ids or addresses of documents that mean another one.")],
    reason: ReasonOption = "",
) -> Shown:
    """In some documents the name means another thing. `undo` takes it back."""
    stored = graph.store.documents()
    ids = {key: d.id for d in stored for key in (d.id, d.uri, d.uri.rpartition("/")[2])}
    wanted = [ids.get(document, document) for document in documents]
    return _decided(graph.split(name, wanted, reason=reason, by=_user()))


@_command
def separate(
    graph: Graph,
    name: EntityArgument,
    alias: Annotated[str, typer.Argument(help="One of its names.")],
    reason: ReasonOption = "",
) -> Shown:
    """An alias is not a name of the entity, but in the documents that define it so. `undo` takes it back."""
    return _decided(graph.separate(name, alias, reason=reason, by=_user()))


@_command
def apart(graph: Graph, a: OneArgument, b: OneArgument, reason: ReasonOption = "") -> Shown:
    """Two entities are two: `review` does not propose them again."""
    return _decided(graph.keep_apart(a, b, reason=reason, by=_user()))


@_command
def link(
    graph: Graph,
    catalogue: Annotated[Path, typer.Argument(help="TSV with qid, type, en, zh, aliases, description; .gz, .xz.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be linked, and change nothing.")] = False,
) -> Shown:
    """Names become what a catalogue says they are, in both scripts. `undo` takes a link back for good."""
    known = Catalogue.open(catalogue)
    found = graph.linkable(known)
    made = [] if dry_run else graph.link(known)
    done = f"{len(found.links)} names can be linked" if dry_run else f"{len(made)} names were linked"
    note = (
        f"{done}; {len(found.unlinked)} stay as they are, since the catalogue has them and cannot tell which they are."
    )
    value = {
        "links": [one.to_dict() for one in found.links],
        "decisions": [asdict(decision) for decision in made],
        "unlinked": [one.to_dict() for one in found.unlinked],
    }
    return Shown(value, lambda: _show_lines(map(link_line, found.links)), note)


@_command
def reject(
    graph: Graph,
    subject: Annotated[str, typer.Argument(help="Name or id of the fact's subject, or the id of the triple alone.")],
    predicate: Annotated[str, typer.Argument(help="Such as FOUNDED_BY.")] = "",
    object: Annotated[str, typer.Argument(help="Name or id of its object.")] = "",
    reason: ReasonOption = "",
) -> Shown:
    """A fact is wrong, also in documents that come later. `undo` takes it back."""
    id = subject
    if predicate:
        found = graph.triples(
            subject=graph.entity(subject).id, predicate=predicate, object=graph.entity(object).id if object else None
        )
        if len(found) != 1:
            what = " ".join(part for part in (subject, predicate, object) if part)
            raise NotFound(f"{len(found)} facts are {what!r}. Name one: kgqa graph entity {subject!r}")
        id = found[0].id
    return _decided(graph.reject(id, reason=reason, by=_user()))


@_command
def retype(
    graph: Graph,
    name: EntityArgument,
    type: Annotated[str, typer.Argument(help="The type that it is of, such as Organization.")],
    reason: ReasonOption = "",
) -> Shown:
    """An entity is of another type than was read. `undo` takes it back."""
    return _decided(graph.retype(name, type, reason=reason, by=_user()))


@_command
def undo(
    graph: Graph,
    decision: Annotated[str, typer.Argument(help="Id of the decision, as `kgqa graph decisions` shows it.")],
) -> Shown:
    """Take a decision back: the graph is as if it had never been made."""
    return _decided(graph.undo(decision))


@_command
def decisions(graph: Graph) -> Shown:
    """All decisions on who is who, the latest first."""
    made = graph.decisions()
    return Shown([asdict(decision) for decision in made], lambda: _show_lines(map(decision_line, made)))


@_command
def review(
    graph: Graph,
    limit: LimitOption = 20,
    least: Annotated[float, typer.Option("--least", min=0.0, max=1.0, help="Lowest score that is shown.")] = 0.5,
) -> Shown:
    """Entities that may be one, the likeliest first, with what to type for yes and for no."""
    found = graph.review(limit, least)
    return Shown([candidate.to_dict() for candidate in found], lambda: _show_lines(map(candidate_lines, found)))


def _show_lines(lines: Iterable[str]) -> None:
    for line in lines:
        data.print(line)


def _decided(decision: Decision) -> Shown:
    note = "" if decision.undone_at else f"To take it back: kgqa graph undo {decision.id}"
    return Shown(asdict(decision), lambda: data.print(decision_line(decision)), note)


def _user() -> str:
    try:
        return getuser()
    except (OSError, KeyError):
        return ""


@_command
def cypher(
    graph: Graph,
    query: Annotated[str, typer.Argument(help="A query that reads, such as: MATCH (n:Person) RETURN n.name")],
    parameter: Annotated[
        list[str] | None, typer.Option("--param", help="name=value for $name in the query; JSON, or else a text.")
    ] = None,
    limit: LimitOption = 100,
    seconds: Annotated[float, typer.Option("--seconds", min=0.1, help="Time that the query may take.")] = 30.0,
) -> Shown:
    """Ask the graph in Cypher. The query can only read. Without Neo4j this needs the extra `cypher`."""
    found = graph.cypher(query, _parameters(parameter or []), limit=limit, seconds=seconds)
    note = f"Only the first {limit} rows are shown; --limit shows more." if found.is_cut else ""
    return Shown(found.to_dict(), lambda: data.print(rows_table(found)), note)


def _parameters(given: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for item in given:
        name, equals, text = item.partition("=")
        if not equals:
            raise ConfigError(f"--param {item!r} is not of the form name=value.")
        try:
            values[name] = loads(text)
        except JSONDecodeError:
            values[name] = text
    return values
