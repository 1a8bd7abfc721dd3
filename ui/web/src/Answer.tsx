// One question with its answer: text with citation chips, source cards, or the statement that the documents do not say.

import { memo, useEffect, useState } from "react";
import type { Message } from "./chat";
import { useText } from "./i18n";
import { pieces } from "./text";
import type { Citation, Place, Retrieved } from "./types";

interface Props {
  message: Message;
  onOpen: (places: Place[], index: number) => void;
  onRetry: (question: string) => void;
}

export const Answer = memo(function Answer({ message, onOpen, onRetry }: Props) {
  const { t, error } = useText();
  const { done, citations, state } = message;
  const shown = citations.filter((c) => state !== "done" || message.cited.length === 0 || message.cited.includes(c.n));
  const open = (n: number) => onOpen(shown, Math.max(0, shown.findIndex((c) => c.n === n)));
  return (
    <article className="exchange">
      <div className="question">
        <h2 className="who">{t("ask.you")}</h2>
        <p dir="auto">{message.question}</p>
      </div>
      <div className="answer" data-state={state} data-id={message.id}>
        <h2 className="who">{t("ask.assistant")}</h2>
        {done?.rewritten && done.rewritten !== message.question && (
          <p className="note">{t("ask.rewritten", { q: done.rewritten })}</p>
        )}
        {done?.abstained ? (
          <Abstention done={done} onOpen={onOpen} text={message.text} />
        ) : (
          <AnswerText text={message.text} language={done?.language} citations={citations} onOpen={open} />
        )}
        {state === "pending" && <StatusLine message={message} />}
        {state === "stopped" && <p className="note">{t("ask.stopped")}</p>}
        {state === "failed" && (
          <p className="failure" role="alert">
            {error(message.error)} <button onClick={() => onRetry(message.question)}>{t("ask.retry")}</button>
          </p>
        )}
        {done && !done.abstained && citations.length === 0 && <p className="warning">{t("ask.nosource")}</p>}
        {!done?.abstained && shown.length > 0 && message.text && <Sources shown={shown} onOpen={open} />}
        {done && !done.abstained && <Tools message={message} shown={shown} onOpen={onOpen} />}
      </div>
    </article>
  );
});

function AnswerText(props: { text: string; language?: string | undefined; citations: Citation[]; onOpen: (n: number) => void }) {
  const known = new Map(props.citations.map((citation) => [citation.n, citation]));
  return (
    <div className="text" lang={props.language}>
      {props.text.split(/\n+/).map((paragraph, row) => (
        <p key={row} dir="auto">
          {pieces(paragraph).map((piece, column) => {
            const citation = piece.kind === "cite" ? known.get(piece.n) : undefined;
            if (citation) return <Chip key={column} citation={citation} onOpen={props.onOpen} />;
            return piece.kind === "text" ? piece.text : `[${piece.n}]`;
          })}
        </p>
      ))}
    </div>
  );
}

export function pageLabel(page: number | null, t: ReturnType<typeof useText>["t"]): string {
  return page === null ? "" : t("cite.page", { n: page });
}

function Chip({ citation, onOpen }: { citation: Citation; onOpen: (n: number) => void }) {
  const { t } = useText();
  const [at, setAt] = useState<DOMRect | null>(null);
  const page = pageLabel(citation.page, t);
  const name = t("cite.chip", { n: citation.n, title: page ? `${citation.title}, ${page}` : citation.title });
  const show = (event: { currentTarget: HTMLElement }) => setAt(event.currentTarget.getBoundingClientRect());
  const hide = () => setAt(null);
  const left = at ? Math.max(8, Math.min(at.left, innerWidth - 336)) : 0;
  return (
    <>
      <button
        className="chip"
        aria-label={name}
        data-n={citation.n}
        onClick={() => (hide(), onOpen(citation.n))}
        onMouseEnter={show}
        onMouseLeave={hide}
        onFocus={(event) => event.currentTarget.matches(":focus-visible") && show(event)}
        onBlur={hide}
      >
        {citation.n}
      </button>
      {at && (
        <span className="card" role="tooltip" style={{ left, top: at.bottom + 6 }}>
          <b>{citation.title}</b> {page}
          <q>{citation.quote}</q>
        </span>
      )}
    </>
  );
}

function Sources({ shown, onOpen }: { shown: Citation[]; onOpen: (n: number) => void }) {
  const { t } = useText();
  return (
    <section className="sources" aria-label={t("cite.cited", { n: shown.length })}>
      {shown.map((citation) => (
        <button key={citation.n} className="source" onClick={() => onOpen(citation.n)}>
          <span className="number">{citation.n}</span>
          <span className="title">{citation.title}</span>
          <span className="page">{pageLabel(citation.page, t)}</span>
          <span className="quote">{citation.quote}</span>
        </button>
      ))}
    </section>
  );
}

function Tools({ message, shown, onOpen }: { message: Message; shown: Citation[]; onOpen: Props["onOpen"] }) {
  const { t } = useText();
  const [copied, setCopied] = useState(false);
  const cited = new Set(shown.map((citation) => citation.passage_id));
  const others = message.done!.passages.filter((passage) => !cited.has(passage.passage_id));
  const copy = async () => {
    const sources = shown.map((c) => `[${c.n}] ${c.title}${c.page === null ? "" : `, ${pageLabel(c.page, t)}`}: > ${c.quote}`);
    await navigator.clipboard.writeText([message.text, ...sources].join("\n\n"));
    setCopied(true);
  };
  return (
    <>
      {others.length > 0 && (
        <details className="others">
          <summary>{t("cite.also", { n: others.length })}</summary>
          <Passages passages={others} onOpen={onOpen} />
        </details>
      )}
      <p className="tools">
        <button className="quiet" onClick={() => void copy()}>
          {copied ? t("ask.copied") : t("ask.copy")}
        </button>
        <span className="note">{t("ask.seconds", { n: Math.round(message.done!.seconds * 100) / 100 })}</span>
      </p>
    </>
  );
}

function Abstention({ done, text, onOpen }: { done: { passages: Retrieved[] }; text: string; onOpen: Props["onOpen"] }) {
  const { t } = useText();
  const nearest = done.passages.slice(0, 3);
  return (
    <div className="abstention" role="note">
      <p>{text || t("ask.abstain")}</p>
      {nearest.length > 0 && (
        <>
          <p className="note">{t("ask.nearest")}</p>
          <Passages passages={nearest} onOpen={onOpen} />
        </>
      )}
    </div>
  );
}

function Passages({ passages, onOpen }: { passages: Retrieved[]; onOpen: Props["onOpen"] }) {
  const { t } = useText();
  const places = passages.map((passage) => ({ ...passage, start: passage.start, end: passage.start }));
  return (
    <ul className="passages">
      {passages.map((passage, index) => (
        <li key={passage.passage_id}>
          <button className="source" onClick={() => onOpen(places, index)}>
            <span className="title">{passage.title}</span>
            <span className="page">{pageLabel(passage.page, t)}</span>
            <span className="quote">{passage.text}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function StatusLine({ message }: { message: Message }) {
  const { t } = useText();
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds(Math.floor((Date.now() - message.began) / 1000)), 1000);
    return () => clearInterval(timer);
  }, [message.began]);
  const stage =
    message.stage === "reading"
      ? t("ask.reading", { n: message.reading })
      : t(message.stage === "writing" ? "ask.writing" : "ask.searching");
  return (
    <p className="status" role="status">
      {stage} {seconds >= 10 && t("ask.seconds", { n: seconds })}
    </p>
  );
}
