// The conversation: messages and the stream that fills the last one.

import { useCallback, useRef, useState } from "react";
import { ApiError, chat } from "./api";
import type { Citation, Done } from "./types";

export interface Message {
  id: number;
  question: string;
  text: string;
  stage: string;
  reading: number;
  began: number;
  citations: Citation[];
  entities: string[];
  triples: string[];
  cited: number[];
  done: Done | null;
  error: unknown;
  state: "pending" | "done" | "stopped" | "failed";
}

function started(id: number, question: string): Message {
  const began = Date.now();
  const empty = { citations: [], entities: [], triples: [], cited: [], done: null, error: null };
  return { id, question, text: "", stage: "searching", reading: 0, began, ...empty, state: "pending" };
}

function advance(message: Message, event: string, data: unknown): Message {
  switch (event) {
    case "status": {
      const { stage, n } = data as { stage: string; n: number };
      return { ...message, stage, reading: n };
    }
    case "citations":
      return { ...message, citations: data as Citation[] };
    case "entities":
      return { ...message, entities: data as string[] };
    case "triples":
      return { ...message, triples: data as string[] };
    case "token":
      return { ...message, text: message.text + (data as string) };
    case "cited":
      return { ...message, cited: data as number[] };
    case "error": {
      const { code, message: text } = data as { code: string; message: string };
      return { ...message, state: "failed", error: new ApiError(code, text, 0) };
    }
    case "done":
      return { ...message, state: "done", done: data as Done };
    default:
      return message;
  }
}

/** An id for a conversation; crypto.randomUUID exists on secure origins only. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

export interface Chat {
  messages: Message[];
  busy: boolean;
  ask: (question: string) => Promise<void>;
  stop: () => void;
  clear: () => void;
}

export function useChat(): Chat {
  const [messages, setMessages] = useState<Message[]>([]);
  const [busy, setBusy] = useState(false);
  const chatId = useRef(newId());
  const count = useRef(0);
  const running = useRef<AbortController | null>(null);

  const ask = useCallback(async (question: string) => {
    if (running.current) return;
    const abort = (running.current = new AbortController());
    const id = (count.current += 1);
    const update = (change: (message: Message) => Message) =>
      setMessages((all) => all.map((message) => (message.id === id ? change(message) : message)));
    setMessages((all) => [...all, started(id, question)]);
    setBusy(true);
    try {
      for await (const { event, data } of chat(question, chatId.current, abort.signal))
        update((message) => advance(message, event, data));
      update((m) => (m.state === "pending" ? { ...m, state: "failed", error: new ApiError("offline", "", 0) } : m));
    } catch (error) {
      const state = abort.signal.aborted ? "stopped" : "failed";
      update((message) => ({ ...message, state, error: state === "failed" ? error : null }));
    } finally {
      if (running.current === abort) {
        running.current = null;
        setBusy(false);
      }
    }
  }, []);

  const stop = useCallback(() => running.current?.abort(), []);
  const clear = useCallback(() => {
    running.current?.abort();
    chatId.current = newId();
    setMessages([]);
  }, []);
  return { messages, busy, ask, stop, clear };
}
