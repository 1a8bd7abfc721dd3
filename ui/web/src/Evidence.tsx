// The evidence panel: a passage in its context, the cited words marked by the offsets that the server gave.

import { useEffect, useRef, useState } from "react";
import { ApiError, get } from "./api";
import { pageLabel } from "./Answer";
import { useText } from "./i18n";
import { cut, slice } from "./text";
import type { Passage, Place } from "./types";

interface Props {
  places: Place[];
  index: number;
  onMove: (index: number) => void;
  onClose: () => void;
}

export function Evidence({ places, index, onMove, onClose }: Props) {
  const { t, error: said } = useText();
  const place = places[index]!;
  const [passage, setPassage] = useState<Passage | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  const panel = useRef<HTMLElement>(null);

  useEffect(() => {
    const abort = new AbortController();
    setPassage(null);
    setError(null);
    get<Passage>(`/passages/${place.passage_id}`, abort.signal)
      .then(setPassage)
      .catch((problem: unknown) => abort.signal.aborted || setError(problem));
    return () => abort.abort();
  }, [place.passage_id, attempt]);
  useEffect(() => panel.current?.focus(), [places]);
  useEffect(() => {
    panel.current?.querySelector("mark")?.scrollIntoView({ block: "center" });
  }, [passage, place]);

  const quote = passage ? slice(passage.context, place.start - passage.context_start, place.end - passage.context_start) : "";
  const gone = error instanceof ApiError && error.status === 404;
  return (
    <aside className="evidence" ref={panel} tabIndex={-1} aria-label={t("evidence.title")}>
      <header>
        <h2>{t("evidence.title")}</h2>
        {places.length > 1 && (
          <span className="pager">
            <button className="icon" onClick={() => onMove(index - 1)} disabled={index === 0} aria-label={t("evidence.previous")}>
              ‹
            </button>
            {t("cite.position", { i: index + 1, n: places.length })}
            <button className="icon" onClick={() => onMove(index + 1)} disabled={index + 1 === places.length} aria-label={t("evidence.next")}>
              ›
            </button>
          </span>
        )}
        <button className="icon" onClick={onClose} aria-label={t("ui.close")}>
          ×
        </button>
      </header>
      <p className="where">
        <b>{place.title}</b> {pageLabel(place.page, t)}
        {passage?.heading && <span className="note"> {passage.heading}</span>}
      </p>
      {error !== null && (
        <p className="failure" role="alert">
          {gone ? t("evidence.gone") : said(error)}{" "}
          {!gone && <button onClick={() => setAttempt(attempt + 1)}>{t("ask.retry")}</button>}
        </p>
      )}
      {!passage && error === null && <div className="skeleton" role="status" aria-label={t("ui.loading")} />}
      {passage && <Context passage={passage} start={place.start} end={place.end} />}
      {passage && (
        <p className="tools">
          <a href={`#/docs/${passage.doc_id}?s=${place.start}&e=${place.end}`} onClick={onClose}>
            {t("evidence.open")}
          </a>
          {quote && (
            <button className="quiet" onClick={() => void navigator.clipboard.writeText(quote)}>
              {t("evidence.copy")}
            </button>
          )}
        </p>
      )}
    </aside>
  );
}

function Context({ passage, start, end }: { passage: Passage; start: number; end: number }) {
  const [before, own, after] = cut(passage.context, passage.context_start, passage.start, passage.end);
  return (
    <div className="context" lang={passage.language}>
      <span className="around">{before}</span>
      <span className="passage">
        <Marked text={own} offset={passage.start} start={start} end={end} />
      </span>
      <span className="around">{after}</span>
    </div>
  );
}

/** `text`, which begins at `offset` of its document, with the stretch from `start` to `end` marked. */
export function Marked({ text, offset, start, end }: { text: string; offset: number; start: number; end: number }) {
  if (end <= start) return <>{text}</>;
  const [before, marked, after] = cut(text, offset, start, end);
  return (
    <>
      {before}
      <mark>{marked}</mark>
      {after}
    </>
  );
}
