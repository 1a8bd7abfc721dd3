// The documents: list, upload with progress, delete, and one document's text.

import { useEffect, useRef, useState } from "react";
import { events, get, remove, upload } from "./api";
import { Marked } from "./Evidence";
import { useText, type Message as Key } from "./i18n";
import type { Route } from "./route";
import type { Document, DocumentRow, Health, Job } from "./types";

export interface Uploads {
  jobs: Job[];
  problems: { key: Key | null; error: unknown; name: string }[];
  add: (files: File[]) => void;
}

/** The jobs of this server; those still running are followed, also after a reload. */
export function useUploads(health: Health | null, onDone: () => void): Uploads {
  const [jobs, setJobs] = useState<Job[]>([]);
  const [problems, setProblems] = useState<Uploads["problems"]>([]);
  const followed = useRef(new Set<string>());
  const done = useRef(onDone);
  done.current = onDone;

  const follow = async (job: Job) => {
    if (followed.current.has(job.id)) return;
    followed.current.add(job.id);
    setJobs((all) => [...all, job]);
    try {
      for await (const { event, data } of events(`/jobs/${job.id}/events`, {}))
        if (event === "job") setJobs((all) => all.map((known) => (known.id === job.id ? (data as Job) : known)));
    } finally {
      done.current();
    }
  };
  useEffect(() => {
    get<Job[]>("/jobs")
      .then((all) => all.filter((job) => job.status === "queued" || job.status === "running").forEach((job) => void follow(job).catch(() => {})))
      .catch(() => {});
  }, []);

  const add = (files: File[]) => {
    const bad = (file: File): Key | null => {
      if (!health) return null;
      if (!health.suffixes.some((suffix) => file.name.toLowerCase().endsWith(suffix))) return "docs.refused";
      return file.size > health.max_upload_megabytes * 2 ** 20 ? "docs.toolarge" : null;
    };
    setProblems(files.flatMap((file) => (bad(file) ? [{ key: bad(file), error: null, name: file.name }] : [])));
    const good = files.filter((file) => !bad(file));
    if (good.length)
      upload<Job>("/documents", good)
        .then(follow)
        .catch((error: unknown) => setProblems((all) => [...all, { key: null, error, name: "" }]));
  };
  return { jobs, problems, add };
}

interface Props {
  route: Route;
  rows: DocumentRow[] | null;
  health: Health | null;
  uploads: Uploads;
  onChange: () => void;
}

export function Documents({ route, rows, health, uploads, onChange }: Props) {
  const { t, language, number, date, error: said } = useText();
  const [doomed, setDoomed] = useState<DocumentRow | null>(null);
  const [error, setError] = useState<unknown>(null);
  if (route.id) return <Text route={route} />;
  const collator = new Intl.Collator(language);
  const sorted = [...(rows ?? [])].sort((a, b) => collator.compare(a.title, b.title));
  const confirmed = (row: DocumentRow) => {
    setDoomed(null);
    remove(`/documents/${row.id}`).then(onChange, setError);
  };
  return (
    <section className="documents" aria-label={t("docs.title")}>
      <label className="drop">
        <input type="file" multiple accept={health?.suffixes.join(",")} onChange={(e) => (uploads.add([...(e.target.files ?? [])]), (e.target.value = ""))} />
        <b>{t("docs.add")}</b> {t("docs.drop")}
        {health && <span className="note">{t("docs.kinds", { kinds: health.suffixes.join(" "), n: health.max_upload_megabytes })}</span>}
      </label>
      {uploads.problems.map((problem) => (
        <p key={problem.name} className="failure" role="alert">
          {problem.key ? t(problem.key, { name: problem.name, n: health?.max_upload_megabytes ?? 0 }) : said(problem.error)}
        </p>
      ))}
      {error !== null && (
        <p className="failure" role="alert">
          {said(error)}
        </p>
      )}
      {uploads.jobs.map((job) => (
        <JobLine key={job.id} job={job} />
      ))}
      {rows?.length === 0 && <p className="note">{t("docs.empty")}</p>}
      {sorted.length > 0 && (
        <div className="scroll">
          <table>
            <thead>
              <tr>
                <th>{t("docs.name")}</th>
                <th>{t("docs.language")}</th>
                <th className="n">{t("docs.passages")}</th>
                <th className="n">{t("docs.entities")}</th>
                <th className="n">{t("docs.facts")}</th>
                <th>{t("docs.added")}</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {sorted.map((row) => (
                <tr key={row.id}>
                  <td>
                    <a href={`#/docs/${row.id}`}>{row.title}</a>
                    <span className="note uri">{row.uri.split(/[\\/]/).at(-1)}</span>
                  </td>
                  <td>{t(row.language === "zh" ? "lang.zh" : "lang.en")}</td>
                  <td className="n">{number(row.chunks)}</td>
                  <td className="n">{number(row.entities)}</td>
                  <td className="n">{number(row.triples)}</td>
                  <td className="date">{date(row.added_at)}</td>
                  <td>
                    <button className="quiet delete" onClick={() => setDoomed(row)} aria-label={`${t("docs.delete")}: ${row.title}`}>
                      {t("docs.delete")}
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {doomed && <Confirm row={doomed} onYes={() => confirmed(doomed)} onNo={() => setDoomed(null)} />}
    </section>
  );
}

function Confirm({ row, onYes, onNo }: { row: DocumentRow; onYes: () => void; onNo: () => void }) {
  const { t } = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={onNo}>
      <p>{t("docs.confirm", { t: row.title })}</p>
      <p className="tools">
        <button className="primary danger" onClick={onYes}>
          {t("docs.delete")}
        </button>
        <button onClick={onNo}>{t("docs.cancel")}</button>
      </p>
    </dialog>
  );
}

function JobLine({ job }: { job: Job }) {
  const { t } = useText();
  const running = job.status === "running" || job.status === "queued";
  const stage = running && job.progress ? job.progress.stage : job.status;
  const known = `docs.stage.${stage}` as Key;
  return (
    <div className="job" data-status={job.status} role="status">
      <span>{job.files.join(", ")}</span>
      {running && <progress max={job.progress?.total ?? undefined} value={job.progress?.total ? job.progress.done : undefined} />}
      <span className="note">{t(known)}</span>
      {job.report && job.report.added + job.report.replaced > 0 && (
        <span>{t("docs.done", { e: job.report.entities, r: job.report.triples })}</span>
      )}
      {job.report && job.report.unchanged > 0 && <span>{t("docs.unchanged")}</span>}
      {job.report?.failures.map((failure) => (
        <span key={failure.uri} className="failure">
          {failure.reason}
        </span>
      ))}
      {job.error && <span className="failure">{job.error.message}</span>}
    </div>
  );
}

function Text({ route }: { route: Route }) {
  const { t, error: said } = useText();
  const [document, setDocument] = useState<Document | null>(null);
  const [error, setError] = useState<unknown>(null);
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const abort = new AbortController();
    get<Document>(`/documents/${route.id}`, abort.signal).then(setDocument, (problem: unknown) => abort.signal.aborted || setError(problem));
    return () => abort.abort();
  }, [route.id]);
  useEffect(() => {
    body.current?.querySelector("mark")?.scrollIntoView({ block: "center" });
  }, [document, route]);
  return (
    <section className="document" aria-label={document?.title ?? t("docs.title")}>
      <p>
        <a href="#/docs">‹ {t("docs.back")}</a>
      </p>
      {error !== null && (
        <p className="failure" role="alert">
          {said(error)}
        </p>
      )}
      {document && <h2>{document.title}</h2>}
      {document && <p className="note uri">{document.uri}</p>}
      {document && (
        <div className="whole" ref={body} lang={document.language}>
          <Marked text={document.text} offset={0} start={route.start} end={route.end} />
        </div>
      )}
    </section>
  );
}
