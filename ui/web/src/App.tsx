// The frame: header, the conversation beside the graph and the evidence, or the documents.

import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError, get } from "./api";
import { Ask } from "./Ask";
import { useChat } from "./chat";
import { Documents, useUploads } from "./Documents";
import { Evidence } from "./Evidence";
import { Graph } from "./Graph";
import { useText, type Message } from "./i18n";
import { useRoute } from "./route";
import { useTheme } from "./theme";
import type { DocumentRow, Health, Passage, Place } from "./types";

const NONE: string[] = [];

export function App() {
  const { t, language, setLanguage, error: said } = useText();
  const [choice, theme, nextTheme] = useTheme();
  const route = useRoute();
  const chat = useChat();
  const [health, setHealth] = useState<Health | null>(null);
  const [rows, setRows] = useState<DocumentRow[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [opened, setOpened] = useState<{ places: Place[]; index: number } | null>(null);
  const opener = useRef<Element | null>(null);

  const refresh = useCallback(() => {
    get<DocumentRow[]>("/documents").then((found) => (setRows(found), setError(null)), setError);
  }, []);
  useEffect(() => {
    get<Health>("/health").then(setHealth, setError);
    refresh();
  }, [refresh]);
  const uploads = useUploads(health, refresh);
  const running = uploads.jobs.filter((job) => job.status === "queued" || job.status === "running").length;

  const open = useCallback((places: Place[], index: number) => {
    opener.current = document.activeElement;
    setOpened({ places, index });
  }, []);
  const close = useCallback(() => {
    setOpened(null);
    if (location.hash.startsWith("#/p/")) location.hash = "#/ask";
    if (opener.current instanceof HTMLElement) opener.current.focus();
  }, []);
  useEffect(() => {
    if (route.page !== "p") return;
    get<Passage>(`/passages/${route.id}`).then((found) => {
      const mark = route.end > route.start ? route : { start: found.start, end: found.start };
      setOpened({ places: [{ ...found, start: mark.start, end: mark.end }], index: 0 });
    }, (problem: unknown) => setError(problem instanceof ApiError && problem.status === 404 ? new ApiError("gone", "", 404) : problem));
  }, [route]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.isComposing) return;
      const typing = (event.target as Element).closest("input, textarea, select, dialog") !== null;
      if (event.key === "Escape" && opened) close();
      else if (event.key === "Escape" && chat.busy) chat.stop();
      else if (event.key === "/" && !typing) (event.preventDefault(), document.getElementById("question")?.focus());
      else if (event.altKey && /^Digit[1-9]$/.test(event.code)) document.querySelector<HTMLElement>(`.exchange:last-child .chip[data-n="${event.code.slice(5)}"]`)?.click();
      else if (opened && !typing && (event.key === "[" || event.key === "]")) {
        const index = opened.index + (event.key === "]" ? 1 : -1);
        if (opened.places[index]) setOpened({ ...opened, index });
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [opened, chat, close]);

  const last = chat.messages.findLast((message) => message.entities.length > 0);
  const page = route.page === "docs" || route.page === "graph" ? route.page : "ask";
  const link = (to: string, key: Message) => (
    <a href={`#/${to}`} aria-current={page === to ? "page" : undefined} className={`to-${to}`}>
      {t(key)}
      {to === "docs" && running > 0 && <span className="badge">{running}</span>}
    </a>
  );
  return (
    <>
      {page === "ask" && (
        <a className="skip" href="#question" onClick={(event) => (event.preventDefault(), document.getElementById("question")?.focus())}>
          {t("app.skip")}
        </a>
      )}
      <header className="top">
        <h1>{t("app.title")}</h1>
        <nav aria-label={t("nav.main")}>
          {link("ask", "nav.ask")}
          {link("graph", "nav.graph")}
          {link("docs", "nav.docs")}
        </nav>
        <div className="switches">
          <button lang={language === "zh" ? "en" : "zh"} onClick={() => setLanguage(language === "zh" ? "en" : "zh")}>
            {t("ui.language")}
          </button>
          <button onClick={nextTheme} aria-label={`${t("ui.theme")}: ${t(`ui.theme.${choice}`)}`} title={`${t("ui.theme")}: ${t(`ui.theme.${choice}`)}`}>
            {choice === "system" ? "◐" : choice === "light" ? "☀" : "☾"}
          </button>
        </div>
      </header>
      {error !== null && (
        <p className="failure banner" role="alert">
          {error instanceof ApiError && error.code === "gone" ? t("evidence.gone") : said(error)}
        </p>
      )}
      <main data-page={page} onDragOver={(event) => event.preventDefault()} onDrop={(event) => (event.preventDefault(), uploads.add([...event.dataTransfer.files]), (location.hash = "#/docs"))}>
        {page === "docs" ? (
          <Documents route={route} rows={rows} health={health} uploads={uploads} onChange={refresh} />
        ) : (
          <>
            <Ask chat={chat} documents={rows?.length ?? null} onOpen={open} />
            <div className="side">
              <Graph entities={last?.entities ?? NONE} triples={last?.triples ?? NONE} theme={theme} onOpen={open} />
            </div>
          </>
        )}
        {opened && <Evidence {...opened} onMove={(index) => setOpened({ ...opened, index })} onClose={close} />}
      </main>
    </>
  );
}
