"""A hundred questions in Cypher, as language models write them for the kinds of question in text2cypher data sets."""

from __future__ import annotations

__all__ = ["DIFFERENT", "QUERIES"]

QUERIES: tuple[str, ...] = (
    # --- simple retrieval
    "MATCH (p:Person) RETURN p.name AS name ORDER BY name",
    "MATCH (o:Organization) RETURN o.name AS name, o.mentions AS mentions ORDER BY mentions DESC, name",
    "MATCH (e:Entity {name: 'Byte Labs'}) RETURN e.type, e.degree",
    "MATCH (p:Person {name: 'Ada Park'})-[:BORN_IN]->(c:Place) RETURN c.name",
    "MATCH (p:Person)-[:WORKS_FOR]->(o:Organization {name: 'Byte Labs'}) RETURN p.name ORDER BY p.name",
    "MATCH (o:Organization)-[:FOUNDED_BY]->(p:Person) RETURN o.name AS organisation, p.name AS founder ORDER BY o.name",
    "MATCH (o:Organization {name: '深度求索'})-[:FOUNDED_BY]->(p) RETURN p.name",
    "MATCH (p:Person)-[r]->(x:Entity) WHERE p.name = 'Bo Lin' "
    "RETURN type(r) AS type, x.name AS name ORDER BY type, name",
    "MATCH (x:Entity)-[r]-(y:Entity {name: 'Hangzhou'}) RETURN DISTINCT x.name AS name ORDER BY name",
    "MATCH (w:Work)<-[:AUTHOR_OF]-(p:Person) RETURN w.name, collect(p.name) AS authors",
    "MATCH (n:Award) RETURN n.name UNION MATCH (n:Concept) RETURN n.name",
    "MATCH (d:Document) RETURN d.uri AS uri, d.title AS title ORDER BY uri",
    "MATCH (c:Chunk)-[:FROM_DOCUMENT]->(d:Document {uri: '4.txt'}) RETURN c.text",
    "MATCH (q:Quantity) RETURN q.name, q.value",
    "MATCH (d:Date) WHERE d.value IS NOT NULL RETURN d.name, d.value ORDER BY d.value",
    # --- filters
    "MATCH (e:Entity) WHERE e.name STARTS WITH 'B' RETURN e.name ORDER BY e.name",
    "MATCH (e:Entity) WHERE e.name ENDS WITH 'Labs' OR e.name CONTAINS 'Yard' RETURN e.name ORDER BY e.name",
    "MATCH (e:Entity) WHERE toLower(e.name) CONTAINS 'lo' RETURN e.name ORDER BY e.name",
    "MATCH (e:Entity) WHERE e.type IN ['Award', 'Concept'] RETURN e.name, e.type ORDER BY e.name",
    "MATCH (e:Entity) WHERE e.degree >= 4 RETURN e.name, e.degree ORDER BY e.degree DESC, e.name",
    "MATCH (e:Person) WHERE NOT (e)-[:WORKS_FOR]->() RETURN e.name ORDER BY e.name",
    "MATCH (e:Person) WHERE EXISTS { (e)-[:AUTHOR_OF]->(:Work) } RETURN e.name ORDER BY e.name",
    "MATCH (a)-[r:WORKS_FOR]->(b) WHERE r.support > 1 RETURN a.name, b.name ORDER BY a.name",
    "MATCH (a)-[r]->(b) WHERE r.confidence > 0.7 AND r.support = 1 "
    "RETURN a.name, type(r), b.name ORDER BY a.name, b.name",
    "MATCH (a)-[r]->(b) WHERE r.valid_from <= '2010-01-01' AND r.valid_to >= '2010-01-01' RETURN a.name, b.name",
    "MATCH (a)-[r]->(b) WHERE r.valid_from IS NOT NULL AND r.valid_to IS NULL RETURN a.name, b.name, r.valid_from",
    "MATCH (a:Entity)-[r]->(b:Entity) WHERE type(r) ENDS WITH '_IN' "
    "RETURN a.name, type(r), b.name ORDER BY a.name, b.name",
    "MATCH (e:Entity) WHERE size(e.name) < 6 RETURN e.name ORDER BY e.name",
    "MATCH (e:Entity) WHERE e.value IS NULL AND e.mentions = 1 RETURN e.name ORDER BY e.name",
    "MATCH (e:Entity) WHERE e.mentions > 3 XOR e.degree > 6 RETURN e.name ORDER BY e.name",
    "MATCH (p:Person), (q:Person) WHERE p.name < q.name AND (p)-[:SPOUSE]-(q) RETURN p.name, q.name",
    "MATCH (e) WHERE e:Award OR e:Work RETURN labels(e), e.name ORDER BY e.name",
    "MATCH (p:Person|Place) RETURN p.name ORDER BY p.name LIMIT 4",
    "MATCH (p:!Person&Entity) RETURN count(p)",
    # --- counting and other aggregation
    "MATCH (n:Entity) RETURN count(n)",
    "MATCH (n:Entity) RETURN n.type AS type, count(*) AS n ORDER BY n DESC, type",
    "MATCH (n:Entity) RETURN labels(n) AS labels, count(*) AS n ORDER BY n DESC, labels",
    "MATCH ()-[r]->() RETURN type(r) AS type, count(r) AS n ORDER BY n DESC, type LIMIT 5",
    "MATCH (o:Organization)<-[:WORKS_FOR]-(p) RETURN o.name, count(p) AS staff ORDER BY staff DESC, o.name",
    "MATCH (o:Organization)<-[:WORKS_FOR]-(p) WITH o, count(p) AS staff WHERE staff > 1 RETURN o.name, staff",
    "MATCH (u:Organization)<-[:EDUCATED_AT]-(p) RETURN u.name, count(DISTINCT p) AS students",
    "MATCH (e:Entity) RETURN sum(e.mentions) AS mentions, max(e.degree) AS most, min(e.degree) AS least",
    "MATCH (p:Person) RETURN avg(p.degree) AS average",
    "MATCH (p:Person) RETURN stDev(p.degree) AS spread",
    "MATCH (p:Person) RETURN percentileDisc(p.degree, 0.5) AS middle",
    "MATCH (p:Person) RETURN percentileCont(p.degree, 0.5) AS middle",
    "MATCH (p:Person)-[r]->() RETURN p.name, round(avg(r.confidence), 2) AS sure ORDER BY sure DESC, p.name",
    "MATCH (e:Entity) WITH e.type AS type, collect(e.name) AS names "
    "RETURN type, size(names) AS n ORDER BY n DESC, type",
    "MATCH (e:Entity) RETURN count(CASE WHEN e.degree > 2 THEN 1 END) AS many",
    "MATCH (c:Chunk)-[m:MENTIONS]->(e:Entity) RETURN e.name, sum(m.count) AS n ORDER BY n DESC, e.name LIMIT 3",
    "MATCH (d:Document)<-[:FROM_DOCUMENT]-(:Chunk)-[:MENTIONS]->(e:Person) "
    "RETURN d.uri, count(DISTINCT e) ORDER BY d.uri",
    "MATCH (p:Person) WITH count(p) AS people MATCH (o:Organization) RETURN people, count(o) AS organisations",
    # --- ordering and cutting
    "MATCH (e:Entity) RETURN e.name ORDER BY e.degree DESC, e.name SKIP 2 LIMIT 3",
    "MATCH (e:Entity) RETURN e.name ORDER BY e.name DESC LIMIT 1",
    "MATCH (e:Entity) WITH e ORDER BY e.mentions DESC, e.name LIMIT 2 MATCH (e)--(x:Entity) RETURN e.name, count(x)",
    "MATCH (e:Entity) RETURN DISTINCT e.type ORDER BY e.type",
    "MATCH (p:Person) RETURN p.value ORDER BY p.value, p.name LIMIT 2",
    # --- paths
    "MATCH (p:Person)-[:WORKS_FOR]->(o)-[:HEADQUARTERED_IN]->(c) RETURN p.name, c.name ORDER BY p.name, c.name",
    "MATCH (p:Person)-[:BORN_IN]->()-[:LOCATED_IN]->(c) RETURN p.name, c.name ORDER BY p.name",
    "MATCH (a:Person {name: 'Eve Holt'})-[*1..2]->(b:Entity) RETURN DISTINCT b.name ORDER BY b.name",
    "MATCH (a {name: 'Weave'})-[:BASED_ON|DEVELOPED*1..3]-(b:Organization) RETURN DISTINCT b.name ORDER BY b.name",
    "MATCH p = (a:Person {name: 'Ada Park'})-[:WORKS_FOR]->(o)<-[:WORKS_FOR]-(b) "
    "RETURN length(p), b.name ORDER BY b.name",
    "MATCH p = shortestPath((a:Person {name: 'Ada Park'})-[*..6]-(b:Place {name: 'Norway'})) RETURN length(p)",
    "MATCH p = (:Person {name: 'Ada Park'})-[:BORN_IN]->()-[:LOCATED_IN]->() RETURN [n IN nodes(p) | n.name] AS names",
    "MATCH p = (:Person {name: 'Eve Holt'})-[*2]->(:Place) "
    "RETURN [r IN relationships(p) | type(r)] AS types ORDER BY types",
    "MATCH (a:Person)-[:EDUCATED_AT]->(u)<-[:EDUCATED_AT]-(b:Person) WHERE a.name < b.name RETURN a.name, b.name",
    "MATCH (a:Person)-[:AUTHOR_OF]->(w)<-[:AUTHOR_OF]-(b) RETURN a.name, b.name ORDER BY a.name",
    "MATCH (o)-[:OWNED_BY]->(p)-[:FOUNDED_BY]->(f) RETURN o.name, p.name, f.name",
    "MATCH (a:Organization)-[:HEADQUARTERED_IN]->(c)<-[:HEADQUARTERED_IN]-(b) WHERE a.name < b.name "
    "RETURN c.name, a.name, b.name",
    "MATCH (a:Entity {name: 'Cleo Marsh'})-[r]->(b)-[s]->(c) "
    "RETURN type(r), b.name, type(s), c.name ORDER BY b.name, c.name",
    "MATCH (n {name: 'Lisbon'})<-[r]-(m:Entity) "
    "RETURN startNode(r).name, endNode(r).name, type(r) ORDER BY startNode(r).name",
    # --- optional parts
    "MATCH (p:Person) OPTIONAL MATCH (p)-[:SPOUSE]-(s) RETURN p.name, s.name ORDER BY p.name",
    "MATCH (p:Person) OPTIONAL MATCH (p)-[:WORKS_FOR]->(o) RETURN p.name, count(o) AS jobs ORDER BY jobs DESC, p.name",
    "MATCH (o:Organization) OPTIONAL MATCH (o)-[:DEVELOPED]->(x) "
    "RETURN o.name, coalesce(x.name, 'nothing') ORDER BY o.name",
    "OPTIONAL MATCH (n:Nothing) RETURN n",
    "MATCH (p:Person {name: 'Nobody'}) RETURN p.name",
    # --- expressions, lists and maps
    "MATCH (p:Person) RETURN p.name, CASE WHEN p.degree > 3 THEN 'many' ELSE 'few' END AS facts ORDER BY p.name",
    "MATCH (p:Person) RETURN CASE p.name WHEN 'Bo Lin' THEN 1 ELSE 0 END AS is_bo ORDER BY is_bo DESC LIMIT 1",
    "MATCH (p:Person {name: 'Ada Park'}) RETURN split(p.name, ' ')[0] AS first, toUpper(p.name), substring(p.name, 4)",
    "MATCH (p:Person {name: 'Ada Park'}) RETURN p {.name, .type, facts: p.degree} AS person",
    "MATCH (p:Person {name: '梁文锋'}) RETURN size(p.name), reverse(p.name), left(p.name, 1)",
    "MATCH (p:Person {name: 'Bo Lin'}) RETURN [(p)-[:WORKS_FOR]->(o) | o.name] AS employers",
    "MATCH (p:Person) WITH collect(p.degree) AS degrees RETURN reduce(total = 0, d IN degrees | total + d) AS total",
    "MATCH (e:Entity) WITH collect(e.name) AS names RETURN [n IN names WHERE n STARTS WITH 'L' | toLower(n)] AS some",
    "UNWIND ['Ada Park', 'Bo Lin'] AS name MATCH (p:Person {name: name}) RETURN p.name, p.type",
    "MATCH (e:Entity) WHERE any(a IN ['Bo', 'Eve'] WHERE e.name STARTS WITH a) RETURN e.name ORDER BY e.name",
    "RETURN range(1, 5) AS numbers, 7 / 2 AS whole, 7 / 2.0 AS half, 7 % 3 AS rest, 2 ^ 3 AS power",
    "RETURN date('2023-05-01').year AS year, date('2023-05-01') < date('2024-01-01') AS earlier",
    "RETURN duration.between(date('2020-01-01'), date('2023-03-01')).years AS years",
    "MATCH (p:Person {name: 'Ada Park'})-[:BORN_ON]->(d) RETURN date(d.value).year AS year",
    "RETURN toInteger('12') + 1 AS number, toString(3.5) AS text, toFloat('2.5') * 2 AS five",
    "RETURN null = null AS equal, null IS NULL AS is_null, coalesce(null, 'x') AS first",
    "RETURN trim('  a ') + replace('abc', 'b', 'x') AS text, 'a' IN ['a', 'b'] AS inside",
    # --- subqueries
    "MATCH (o:Organization) RETURN o.name, COUNT { (o)<-[:WORKS_FOR]-() } AS staff ORDER BY staff DESC, o.name",
    "MATCH (p:Person) WHERE COUNT { (p)-[:WORKS_FOR]->() } > 1 RETURN p.name",
    "MATCH (o:Organization) CALL (o) { MATCH (o)<-[:WORKS_FOR]-(p) RETURN count(p) AS staff } "
    "RETURN o.name, staff ORDER BY o.name",
    "MATCH (p:Person) RETURN p.name, COLLECT { MATCH (p)-[:WORKS_FOR]->(o) "
    "RETURN o.name ORDER BY o.name } AS employers ORDER BY p.name",
    # --- events and times
    "MATCH (v:Event)-[:FROM_CHUNK]->(:Chunk)-[:FROM_DOCUMENT]->(d) RETURN d.title, count(v) AS events ORDER BY d.title",
    "MATCH (v:Event)-[:AGENT]->(a), (v)-[:OBJECT]->(o) "
    "RETURN v.type, v.trigger, a.name, o.name ORDER BY v.type, a.name",
    "MATCH (v:Event) WHERE v.valid_from STARTS WITH '2015' RETURN v.type, v.time ORDER BY v.type",
)
LABELS = "`labels(n)` is in the order of the alphabet, in Neo4j in that in which the database met the labels"
PATTERN = "a pattern comprehension has an order of its own"
DIFFERENT: dict[str, str] = {
    "MATCH (n:Entity) RETURN labels(n) AS labels, count(*) AS n ORDER BY n DESC, labels": LABELS,
    "MATCH (e) WHERE e:Award OR e:Work RETURN labels(e), e.name ORDER BY e.name": LABELS,
    "MATCH (p:Person {name: 'Bo Lin'}) RETURN [(p)-[:WORKS_FOR]->(o) | o.name] AS employers": PATTERN,
}
"""Queries that ArcadeDB answers in another way than Neo4j, and how; ``docs/graph.md`` lists them."""
