"""A small graph of companies, people, places and works in the terms of the shipped schema, to ask questions about."""

from __future__ import annotations

import numpy as np

from kgqa.graph import GraphStore
from kgqa.text import chunk
from kgqa.types import Argument, Document, Event, Extraction, Mention, Relation

__all__ = ["fill"]

TYPES = {
    "Ada Park": "Person", "Bo Lin": "Person", "Cleo Marsh": "Person", "Dai Wen": "Person", "Eve Holt": "Person",
    "梁文锋": "Person", "Byte Labs": "Organization", "Loom Works": "Organization", "Deep Yard": "Organization",
    "深度求索": "Organization", "Harbour University": "Organization", "Lisbon": "Place", "Portugal": "Place",
    "Hangzhou": "Place", "China": "Place", "Oslo": "Place", "Norway": "Place", "Weave": "Product", "Shuttle": "Product",
    "The Loom Paper": "Work", "Turing Prize": "Award", "graph theory": "Concept",
    "14 March 1975": "Date", "2001": "Date", "2015": "Date", "2023": "Date", "100 employees": "Quantity",
}  # fmt: skip
DOCUMENTS = (
    (
        "Ada Park FOUNDED_BY~ Byte Labs / in 2001",
        "Ada Park BORN_ON 14 March 1975",
        "Ada Park BORN_IN Lisbon",
        "Lisbon LOCATED_IN Portugal",
        "Ada Park EDUCATED_AT Harbour University",
        "Byte Labs HEADQUARTERED_IN Lisbon",
    ),
    (
        "Bo Lin WORKS_FOR Byte Labs / from 2001 to 2015",
        "Bo Lin WORKS_FOR Deep Yard / since 2015",
        "Bo Lin BORN_IN Hangzhou",
        "Hangzhou LOCATED_IN China",
        "Cleo Marsh WORKS_FOR Byte Labs",
        "Cleo Marsh SPOUSE Bo Lin",
        "Byte Labs EMPLOYEES 100 employees",
    ),
    (
        "Byte Labs DEVELOPED Weave",
        "Loom Works DEVELOPED Shuttle",
        "Weave BASED_ON Shuttle",
        "Cleo Marsh AUTHOR_OF The Loom Paper",
        "Dai Wen AUTHOR_OF The Loom Paper",
        "The Loom Paper ABOUT graph theory",
        "Dai Wen WINNER_OF Turing Prize / in 2023",
    ),
    (
        "Loom Works OWNED_BY Byte Labs / in 2015",
        "Deep Yard FOUNDED_BY Bo Lin / in 2015",
        "Deep Yard FOUNDED_ON 2015",
        "Eve Holt WORKS_FOR Loom Works",
        "Eve Holt BORN_IN Oslo",
        "Oslo LOCATED_IN Norway",
        "Loom Works HEADQUARTERED_IN Oslo",
        "Ada Park WORKS_FOR Byte Labs",
    ),
    (
        "深度求索 FOUNDED_BY 梁文锋 / in 2023",
        "深度求索 HEADQUARTERED_IN Hangzhou",
        "梁文锋 WORKS_FOR 深度求索",
        "Deep Yard HEADQUARTERED_IN Hangzhou",
        "Eve Holt EDUCATED_AT Harbour University",
        "Dai Wen EDUCATED_AT Harbour University",
    ),
    ("Byte Labs DEVELOPED Weave", "Cleo Marsh WORKS_FOR Byte Labs", "Bo Lin WORKS_FOR Deep Yard / since 2015"),
)
"""Facts of each document; ``A PREDICATE~ B`` is the fact that B has with A; behind the stroke is when."""


def fill(store: GraphStore) -> None:
    """Put the documents into a store."""
    for number, facts in enumerate(DOCUMENTS):
        text, mentions, relations, events = f"Report {number}.", [], [], []
        for confidence, fact in enumerate(facts):
            said, _, when = fact.partition(" / ")
            predicate = next(
                word for word in said.split() if (word.rstrip("~").isupper() and "_" in word) or word in PLAIN
            )
            first, last = (part.strip() for part in said.split(predicate))
            start = len(text) + 1
            places = []
            for piece in (
                first,
                " " + predicate.rstrip("~").lower().replace("_", " ") + " ",
                last,
                f" {when}" if when else "",
            ):
                places.append((len(text) + 1, len(text) + 1 + len(piece)))
                text += piece if piece != first else " " + piece
                places[-1] = (len(text) - len(piece), len(text))
            text += "."
            ends = [Mention(*places[n], name, TYPES[name], 0.9) for n, name in ((0, first), (2, last))]
            mentions += ends
            order = (len(mentions) - 2, len(mentions) - 1)
            subject, object = reversed(order) if predicate.endswith("~") else order
            sure = 0.5 + confidence / 20
            relations.append(Relation(subject, object, predicate.rstrip("~"), start, len(text), sure))
            for word in when.split():
                if word.isdigit():
                    at = text.index(word, places[3][0])
                    mentions.append(Mention(at, at + 4, word, "Date", 0.9))
            if predicate.startswith(("FOUNDED_BY", "OWNED_BY", "WINNER_OF")):
                arguments = (
                    Argument(*places[0], first, "AGENT", order[0]),
                    Argument(*places[2], last, "OBJECT", order[1]),
                )
                trigger = (places[1][0] + 1, places[1][1] - 1)
                kind = predicate.partition("_")[0].capitalize()
                events.append(Event(*trigger, text[slice(*trigger)], kind, arguments, when, confidence=0.8))
        document = Document.create(uri=f"{number}.txt", title=f"Report {number}", text=text, language="en")
        pieces = chunk(document, 1000)
        assert len(pieces) == 1
        read = Extraction(pieces[0].id, tuple(mentions), tuple(relations), extractor="made@1", events=tuple(events))
        store.commit(document, pieces, [read], np.ones((1, 4), np.float32), "ones@1")


PLAIN = frozenset({"SPOUSE", "EMPLOYEES", "DEVELOPED", "ABOUT"})
