// The HTTP API: JSON requests and server-sent events.

import type { ErrorBody } from "./types";

export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  const body = (await response.json().catch(() => null)) as { error?: ErrorBody } | null;
  throw new ApiError(body?.error?.code ?? "http", body?.error?.message ?? response.statusText, response.status);
}

async function send(path: string, options: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`/api${path}`, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError("offline", "", 0);
  }
  return checked(response);
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await send(path, signal ? { signal } : {})).json() as Promise<T>;
}

export async function remove<T>(path: string): Promise<T> {
  return (await send(path, { method: "DELETE" })).json() as Promise<T>;
}

export async function upload<T>(path: string, files: File[]): Promise<T> {
  const form = new FormData();
  for (const file of files) form.append("files", file);
  return (await send(path, { method: "POST", body: form })).json() as Promise<T>;
}

export interface ServerEvent {
  event: string;
  data: unknown;
}

/** The events of a stream as they come. Comments (keep-alive) are skipped. */
export async function* events(path: string, options: RequestInit): AsyncGenerator<ServerEvent> {
  const response = await send(path, options);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { value, done } = await reader.read().catch((error: unknown) => {
      if (options.signal?.aborted) throw error;
      throw new ApiError("offline", "", 0);
    });
    if (done) return;
    buffer += value;
    for (let end = buffer.indexOf("\n\n"); end >= 0; end = buffer.indexOf("\n\n")) {
      const parsed = parse(buffer.slice(0, end));
      buffer = buffer.slice(end + 2);
      if (parsed) yield parsed;
    }
  }
}

function parse(block: string): ServerEvent | null {
  let event = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  return data.length ? { event, data: JSON.parse(data.join("\n")) } : null;
}

export function chat(question: string, chatId: string, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  return events("/chat", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ question, chat_id: chatId }),
    signal,
  });
}
