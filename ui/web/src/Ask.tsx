// The conversation with its question box.

import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { Answer } from "./Answer";
import { get } from "./api";
import type { Chat } from "./chat";
import { useText } from "./i18n";
import type { Examples, Place } from "./types";

interface Props {
  chat: Chat;
  documents: number | null;
  onOpen: (places: Place[], index: number) => void;
}

export function Ask({ chat, documents, onOpen }: Props) {
  const { t } = useText();
  const log = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const { messages } = chat;
  const toEnd = () => log.current?.scrollTo({ top: log.current.scrollHeight });
  useEffect(() => {
    if (atEnd) toEnd();
  }, [messages, atEnd]);
  const onScroll = () => {
    const box = log.current!;
    setAtEnd(box.scrollHeight - box.scrollTop - box.clientHeight < 40);
  };
  return (
    <section className="ask" aria-label={t("nav.ask")}>
      <div className="log" ref={log} onScroll={onScroll} role="log" aria-live="polite" aria-label={t("ask.log")} tabIndex={0}>
        {messages.length === 0 && <Welcome documents={documents} onAsk={(question) => void chat.ask(question)} />}
        {messages.map((message) => (
          <Answer key={message.id} message={message} onOpen={onOpen} onRetry={(question) => void chat.ask(question)} />
        ))}
      </div>
      {!atEnd && (
        <button className="latest" onClick={toEnd}>
          {t("ask.latest")}
        </button>
      )}
      <Composer chat={chat} />
    </section>
  );
}

function Welcome({ documents, onAsk }: { documents: number | null; onAsk: (question: string) => void }) {
  const { t, language } = useText();
  const [examples, setExamples] = useState<string[]>([]);
  useEffect(() => {
    const abort = new AbortController();
    get<Examples>(`/examples?language=${language}`, abort.signal)
      .then((found) => setExamples(found.questions))
      .catch(() => setExamples([]));
    return () => abort.abort();
  }, [language, documents]);
  return (
    <div className="welcome">
      <p>{documents === 0 ? t("ask.nodocs") : t("ask.empty")}</p>
      {documents === 0 && (
        <a className="button" href="#/docs">
          {t("docs.add")}
        </a>
      )}
      {examples.length > 0 && <p className="note">{t("ask.try")}</p>}
      {examples.map((question) => (
        <button key={question} className="example" onClick={() => onAsk(question)}>
          {question}
        </button>
      ))}
    </div>
  );
}

function Composer({ chat }: { chat: Chat }) {
  const { t } = useText();
  const [draft, setDraft] = useState(() => sessionStorage.getItem("kgqa.draft") ?? "");
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    sessionStorage.setItem("kgqa.draft", draft);
    const area = box.current!;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  }, [draft]);
  const send = () => {
    const question = draft.trim();
    if (!question || chat.busy) return;
    setDraft("");
    void chat.ask(question);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Enter that ends an input method's composition is not meant to send; Safari reports it as key code 229.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  };
  return (
    <form className="composer" onSubmit={(event) => (event.preventDefault(), send())}>
      {chat.messages.length > 0 && (
        <button type="button" className="icon" onClick={chat.clear} aria-label={t("ask.new")} title={t("ask.new")}>
          +
        </button>
      )}
      <textarea
        id="question"
        ref={box}
        rows={1}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={onKeyDown}
        placeholder={t("ask.placeholder")}
        aria-label={t("ask.placeholder")}
        maxLength={4000}
        autoFocus
      />
      {chat.busy ? (
        <button type="button" className="primary" onClick={chat.stop}>
          {t("ask.stop")}
        </button>
      ) : (
        <button className="primary" disabled={!draft.trim()}>
          {t("ask.send")}
        </button>
      )}
    </form>
  );
}
