"""``kgqa graph``: look at entities, triples with their quotes and paths; decide who is who; ask in Cypher."""

from __future__ import annotations

from dataclasses import asdict
from getpass import getuser
from json import JSONDecodeError, loads
from typing import Annotated, Any

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
from kgqa.cli.tables import candidate_lines, decision_line, rows_table
from kgqa.errors import ConfigError
from kgqa.graph import Decision
from kgqa.knowledge_base import open_knowledge_base

__all__ = ["app"]

app = typer.Typer(help="Look at the graph, and decide who is who in it.", no_args_is_help=True)

EntityArgument = Annotated[str, typer.Argument(help="Name or id of the entity.")]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000)]


@app.command()
def stats(workspace: WorkspaceOption = DEFAULT_WORKSPACE, json: JsonOption = False) -> None:
    """How much the graph holds."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        statistics = kb.graph.statistics()
        print_json(statistics.to_dict()) if json else data.print(statistics_table(statistics))


@app.command()
def find(
    name: Annotated[str, typer.Argument(help="A name or a part of one.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    limit: LimitOption = 20,
    json: JsonOption = False,
) -> None:
    """Find entities by name or alias."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        found = kb.graph.find(name, limit=limit)
        print_json([entity.to_dict() for entity in found]) if json else data.print(entities_table(found))
        if not found and not json:
            messages.print(f"No entity is called {name!r}.", markup=False)


@app.command()
def entity(name: EntityArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE, json: JsonOption = False) -> None:
    """An entity and its triples, each with the words it was read from."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        found = kb.graph.entity(name)
        triples = [*kb.graph.triples(subject=found.id), *kb.graph.triples(object=found.id)]
        evidence = {t.id: list(kb.graph.evidence(t.id)) for t in triples}
        if json:
            facts = [{**t.to_dict(), "evidence": [e.to_dict() for e in evidence[t.id]]} for t in triples]
            print_json({**found.to_dict(), "triples": facts})
            return
        data.print(entities_table([found]))
        for triple in triples:
            data.print(triple_line(triple))
            evidence_lines(evidence[triple.id], data)


@app.command()
def triples(
    subject: Annotated[str | None, typer.Option("--subject", "-s", help="Name or id.")] = None,
    predicate: Annotated[str | None, typer.Option("--predicate", "-p", help="Such as FOUNDED_BY.")] = None,
    object: Annotated[str | None, typer.Option("--object", "-o", help="Name or id.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    limit: LimitOption = 50,
    json: JsonOption = False,
) -> None:
    """Triples that fit a pattern, best supported first, with their quotes."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        subject_id = kb.graph.entity(subject).id if subject else None
        object_id = kb.graph.entity(object).id if object else None
        found = kb.graph.triples(subject=subject_id, predicate=predicate, object=object_id, limit=limit)
        evidence = {t.id: list(kb.graph.evidence(t.id)) for t in found}
        if json:
            print_json([{**t.to_dict(), "evidence": [e.to_dict() for e in evidence[t.id]]} for t in found])
            return
        for triple in found:
            data.print(triple_line(triple))
            evidence_lines(evidence[triple.id], data)


@app.command()
def neighbors(
    name: EntityArgument,
    hops: Annotated[int, typer.Option("--hops", min=1, max=4)] = 1,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    limit: LimitOption = 50,
    json: JsonOption = False,
) -> None:
    """Entities around one, nearest first."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        around = kb.graph.neighbours(kb.graph.entity(name).id, hops=hops, limit=limit)
        if json:
            print_json([neighbour.to_dict() for neighbour in around])
            return
        for neighbour in around:
            data.print(
                f"{neighbour.distance}  [bold]{escape(neighbour.entity.name)}[/] [dim]{neighbour.entity.type}[/]"
            )
            for triple in neighbour.triples:
                data.print("     ", triple_line(triple))


@app.command()
def path(
    start: Annotated[str, typer.Argument(help="Name or id.")],
    end: Annotated[str, typer.Argument(help="Name or id.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """The shortest path between two entities, with the quotes along it."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        found = kb.graph.path(kb.graph.entity(start).id, kb.graph.entity(end).id)
        if json:
            print_json(found.to_dict() if found else None)
        elif found:
            data.print(path_line(found))
            for triple in found.triples:
                data.print(triple_line(triple))
                evidence_lines(kb.graph.evidence(triple.id), data)
        if found is None:
            messages.print(f"No path joins {start!r} and {end!r}.", markup=False)
            raise typer.Exit(FAILED)


ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is kept with the decision.")]


@app.command()
def merge(
    keep: Annotated[str, typer.Argument(help="Name or id of the entity that stays.")],
    other: Annotated[str, typer.Argument(help="Name or id of the one that is the same.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    reason: ReasonOption = "",
    json: JsonOption = False,
) -> None:
    """Two entities are one, also in documents that come later. `undo` takes it back."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        _decided(kb.graph.merge(keep, other, reason=reason, by=_user()), json)


@app.command()
def split(
    name: EntityArgument,
    documents: Annotated[list[str], typer.Argument(help="Ids or addresses of documents that mean another one.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    reason: ReasonOption = "",
    json: JsonOption = False,
) -> None:
    """In some documents the name means another thing. `undo` takes it back."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        ids = {key: d.id for d in kb.documents() for key in (d.id, d.uri, d.uri.rpartition("/")[2])}
        wanted = [ids.get(document, document) for document in documents]
        _decided(kb.graph.split(name, wanted, reason=reason, by=_user()), json)


@app.command()
def separate(
    name: EntityArgument,
    alias: Annotated[str, typer.Argument(help="One of its names.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    reason: ReasonOption = "",
    json: JsonOption = False,
) -> None:
    """An alias is not a name of the entity, but in the documents that define it so. `undo` takes it back."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        _decided(kb.graph.separate(name, alias, reason=reason, by=_user()), json)


@app.command()
def apart(
    a: Annotated[str, typer.Argument(help="Name or id.")],
    b: Annotated[str, typer.Argument(help="Name or id.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    reason: ReasonOption = "",
    json: JsonOption = False,
) -> None:
    """Two entities are two: `review` does not propose them again."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        _decided(kb.graph.keep_apart(a, b, reason=reason, by=_user()), json)


@app.command()
def undo(
    decision: Annotated[str, typer.Argument(help="Id of the decision, as `kgqa graph decisions` shows it.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Take a decision back: the graph is as if it had never been made."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        _decided(kb.graph.undo(decision), json)


@app.command()
def decisions(workspace: WorkspaceOption = DEFAULT_WORKSPACE, json: JsonOption = False) -> None:
    """All decisions on who is who, the latest first."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        made = kb.graph.decisions()
        if json:
            print_json([asdict(decision) for decision in made])
            return
        for decision in made:
            data.print(decision_line(decision))


@app.command()
def review(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    limit: LimitOption = 20,
    least: Annotated[float, typer.Option("--least", min=0.0, max=1.0, help="Lowest score that is shown.")] = 0.5,
    json: JsonOption = False,
) -> None:
    """Entities that may be one, the likeliest first, with what to type for yes and for no."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        found = kb.graph.review(limit, least)
        if json:
            print_json([candidate.to_dict() for candidate in found])
            return
        for candidate in found:
            data.print(candidate_lines(candidate))


def _decided(decision: Decision, json: bool) -> None:
    print_json(asdict(decision)) if json else data.print(decision_line(decision))
    if not json and not decision.undone_at:
        messages.print(f"To take it back: kgqa graph undo {decision.id}")


def _user() -> str:
    try:
        return getuser()
    except (OSError, KeyError):
        return ""


@app.command()
def cypher(
    query: Annotated[str, typer.Argument(help="A query that reads, such as: MATCH (n:Person) RETURN n.name")],
    parameter: Annotated[
        list[str] | None, typer.Option("--param", help="name=value for $name in the query; JSON, or else a text.")
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    limit: LimitOption = 100,
    seconds: Annotated[float, typer.Option("--seconds", min=0.1, help="Time that the query may take.")] = 30.0,
    json: JsonOption = False,
) -> None:
    """Ask a graph in Neo4j in Cypher. The query can only read."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        found = kb.graph.cypher(query, _parameters(parameter or []), limit=limit, seconds=seconds)
        print_json(found.to_dict()) if json else data.print(rows_table(found))
        if found.is_cut and not json:
            messages.print(f"Only the first {limit} rows are shown; --limit shows more.")


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
