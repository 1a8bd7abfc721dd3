// The page's language. State keeps keys and numbers, never translated sentences.

import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { ApiError, get } from "./api";
import en from "./strings/en.json";
import zh from "./strings/zh.json";
import type { Schema } from "./types";

export type Language = "en" | "zh";
export type Key = keyof typeof en;
type Plain<K> = K extends `${infer Stem}_one` ? Stem : K extends `${string}_other` ? never : K;
export type Message = Plain<Key>;

const TABLES: Record<Language, Record<Key, string>> = { en, zh };

interface Translation {
  language: Language;
  setLanguage: (language: Language) => void;
  t: (key: Message, values?: Record<string, string | number>) => string;
  /** A type or relation of the schema in the page's language. */
  label: (name: string) => string;
  number: (value: number) => string;
  date: (iso: string) => string;
  error: (error: unknown) => string;
}

const Context = createContext<Translation | null>(null);

function translate(language: Language, key: Message, values: Record<string, string | number> = {}): string {
  const table = TABLES[language];
  const plural = `${key}_${new Intl.PluralRules(language).select(Number(values["n"] ?? 0))}`;
  const template = table[key as Key] ?? table[plural as Key] ?? table[`${key}_other` as Key];
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? "";
    return typeof value === "number" ? new Intl.NumberFormat(language).format(value) : value;
  });
}

export function Translated({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(() => {
    const kept = localStorage.getItem("kgqa.language") ?? navigator.language;
    return kept.startsWith("zh") ? "zh" : "en";
  });
  useEffect(() => {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    document.title = translate(language, "app.title");
  }, [language]);
  const [schema, setSchema] = useState<Schema>({ entities: {}, relations: {} });
  useEffect(() => void get<Schema>("/schema").then(setSchema, () => {}), []);
  const value = useMemo<Translation>(() => {
    const t: Translation["t"] = (key, values) => translate(language, key, values);
    return {
      language,
      setLanguage: (chosen) => {
        localStorage.setItem("kgqa.language", chosen);
        setLanguage(chosen);
      },
      t,
      label: (name) => (schema.entities[name] ?? schema.relations[name])?.[language] ?? words(name),
      number: (n) => new Intl.NumberFormat(language).format(n),
      date: (iso) => new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(new Date(iso)),
      error: (error) =>
        error instanceof ApiError ? (error.code === "offline" ? t("err.offline") : error.message) : t("err.generic"),
    };
  }, [language, schema]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useText(): Translation {
  return useContext(Context)!;
}

/** A name that the schema does not know as words: FOUNDED_BY → founded by. */
function words(name: string): string {
  return name.includes("_") || name === name.toUpperCase() ? name.toLowerCase().replaceAll("_", " ") : name;
}
