// The graph beside the answer: its entities and those one step away, as a canvas or as a list, with the facts of the selected one.

import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { get } from "./api";
import { useText } from "./i18n";
import { typeColour, type Theme } from "./theme";
import type { Entity, EntityFacts, Evidence, Place, Subgraph, Triple } from "./types";

const Canvas = lazy(() => import("./Canvas"));

interface Props {
  entities: string[];
  triples: string[];
  theme: Theme;
  onOpen: (places: Place[], index: number) => void;
}

export function Graph({ entities, triples, theme, onOpen }: Props) {
  const { t } = useText();
  const [centre, setCentre] = useState<string | null>(null);
  const [selected, setSelected] = useState<string | null>(null);
  const [graph, setGraph] = useState<Subgraph | null>(null);
  const [asList, setAsList] = useState(false);
  const key = entities.join();
  useEffect(() => (setCentre(null), setSelected(null)), [key]);
  useEffect(() => {
    const ids = centre ? [centre] : key ? key.split(",") : [];
    if (!ids.length) return setGraph(null);
    const abort = new AbortController();
    const query = ids.slice(0, 40).map((id) => `id=${encodeURIComponent(id)}`);
    get<Subgraph>(`/graph/around?${query.join("&")}&limit=40`, abort.signal).then(setGraph, () => abort.signal.aborted || setGraph(null));
    return () => abort.abort();
  }, [key, centre]);

  const answer = useMemo(() => new Set(centre ? [centre] : entities), [key, centre]);
  const facts = useMemo(() => new Set(triples), [triples]);
  const around = (id: string) => (setCentre(id), setSelected(id));
  return (
    <section className="graph" aria-label={t("nav.graph")}>
      <div className="bar">
        <Find onPick={around} />
        {centre && entities.length > 0 && <button onClick={() => setCentre(null)}>{t("graph.of")}</button>}
        {graph && <button onClick={() => setAsList(!asList)}>{asList ? t("graph.canvas") : t("graph.list")}</button>}
        {graph && <span className="note">{t("graph.count", { shown: graph.nodes.length, total: graph.total })}</span>}
      </div>
      {graph && <Legend nodes={graph.nodes} theme={theme} />}
      <div className="stage">
        {!graph && <p className="note empty">{t("graph.empty")}</p>}
        {graph && asList && <List nodes={graph.nodes} selected={selected} onSelect={setSelected} />}
        {graph && !asList && (
          <Suspense fallback={<p className="note empty">{t("ui.loading")}</p>}>
            <Canvas graph={graph} answer={answer} facts={facts} theme={theme} selected={selected} onSelect={setSelected} />
          </Suspense>
        )}
        {graph && (
          <div className="facts">
            {selected ? <Facts id={selected} theme={theme} onOpen={onOpen} onAround={around} onSelect={setSelected} /> : <p className="note">{t("graph.pick")}</p>}
          </div>
        )}
      </div>
    </section>
  );
}

function Legend({ nodes, theme }: { nodes: Entity[]; theme: Theme }) {
  const { label } = useText();
  const counts = new Map<string, number>();
  for (const node of nodes) counts.set(node.type, (counts.get(node.type) ?? 0) + 1);
  return (
    <p className="legend">
      {[...counts].map(([type, count]) => (
        <span key={type}>
          <Dot type={type} theme={theme} /> {label(type)} {count}
        </span>
      ))}
    </p>
  );
}

function Dot({ type, theme }: { type: string; theme: Theme }) {
  return <span className="dot" style={{ background: typeColour(type, theme) }} />;
}

function Find({ onPick }: { onPick: (id: string) => void }) {
  const { t, label } = useText();
  const [name, setName] = useState("");
  const [found, setFound] = useState<Entity[] | null>(null);
  useEffect(() => {
    if (!name.trim()) return setFound(null);
    const abort = new AbortController();
    const timer = setTimeout(() => {
      get<Entity[]>(`/graph/find?q=${encodeURIComponent(name)}&limit=8`, abort.signal).then(setFound, () => {});
    }, 150);
    return () => (clearTimeout(timer), abort.abort());
  }, [name]);
  const pick = (entity: Entity) => (setName(""), onPick(entity.id));
  return (
    <form className="find" role="search" onSubmit={(event) => (event.preventDefault(), found?.[0] && pick(found[0]))}>
      <input value={name} onChange={(e) => setName(e.target.value)} placeholder={t("graph.find")} aria-label={t("graph.find")} />
      {found && (
        <ul>
          {found.length === 0 && <li className="note">{t("graph.nomatch")}</li>}
          {found.map((entity) => (
            <li key={entity.id}>
              <button type="button" onClick={() => pick(entity)}>
                {entity.name} <span className="note">{label(entity.type)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </form>
  );
}

function List({ nodes, selected, onSelect }: { nodes: Entity[]; selected: string | null; onSelect: (id: string) => void }) {
  const { t, label, number, language } = useText();
  const collator = new Intl.Collator(language);
  const sorted = [...nodes].sort((a, b) => b.degree - a.degree || collator.compare(a.name, b.name));
  return (
    <div className="scroll">
      <table>
        <thead>
          <tr>
            <th>{t("graph.name")}</th>
            <th>{t("graph.type")}</th>
            <th className="n">{t("graph.connections")}</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((node) => (
            <tr key={node.id} aria-selected={node.id === selected}>
              <td>
                <button className="quiet" onClick={() => onSelect(node.id)}>
                  {node.name}
                </button>
              </td>
              <td>{label(node.type)}</td>
              <td className="n">{number(node.degree)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface FactsProps {
  id: string;
  theme: Theme;
  onOpen: Props["onOpen"];
  onAround: (id: string) => void;
  onSelect: (id: string) => void;
}

function Facts({ id, theme, onOpen, onAround, onSelect }: FactsProps) {
  const { t, label, error: said } = useText();
  const [facts, setFacts] = useState<EntityFacts | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    const abort = new AbortController();
    setError(null);
    get<EntityFacts>(`/graph/entity/${id}`, abort.signal).then(setFacts, (problem: unknown) => abort.signal.aborted || setError(problem));
    return () => abort.abort();
  }, [id]);
  const show = (triple: Triple) => get<Evidence[]>(`/evidence/${triple.id}`).then((found) => onOpen(found, 0), setError);
  if (error !== null) return <p className="failure">{said(error)}</p>;
  if (!facts) return null;
  const { entity } = facts;
  const other = (end: string, name: string) =>
    end === entity.id ? <b>{name}</b> : <button className="link" onClick={() => onSelect(end)}>{name}</button>;
  return (
    <>
      <h2>
        <Dot type={entity.type} theme={theme} /> {entity.name}
      </h2>
      <p className="note">
        {label(entity.type)} · {t("graph.connections")}: {entity.degree}{" "}
        <button className="link" onClick={() => onAround(entity.id)}>
          {t("graph.expand")}
        </button>
      </p>
      {entity.value && <p className="note">{t("fact.value", { value: entity.value })}</p>}
      {entity.aliases.length > 0 && <p className="note">{t("fact.aliases", { names: entity.aliases.join(" · ") })}</p>}
      <ul>
        {facts.triples.map((triple) => (
          <li key={triple.id}>
            <span>
              {other(triple.subject, triple.subject_name)} <i>{label(triple.predicate)}</i> {other(triple.object, triple.object_name)}
              <span className="note"> {Math.round(triple.confidence * 100)} % · {t("fact.sources", { n: triple.support })}</span>
            </span>
            <button
              className="chip"
              onClick={() => void show(triple)}
              aria-label={t("fact.show", { fact: `${triple.subject_name} ${label(triple.predicate)} ${triple.object_name}` })}
            >
              §
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
