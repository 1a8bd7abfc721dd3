// The JSON of the API. A test compares these interfaces with ui/schemas.py. Offsets count Unicode code points.

export interface Citation {
  n: number;
  passage_id: string;
  doc_id: string;
  title: string;
  uri: string;
  page: number | null;
  quote: string;
  start: number;
  end: number;
  score: number;
}

export interface Retrieved {
  passage_id: string;
  doc_id: string;
  title: string;
  page: number | null;
  heading: string;
  text: string;
  start: number;
  end: number;
  score: number;
}

export interface Done {
  message_id: string;
  chat_id: string;
  seconds: number;
  usage: Record<string, number>;
  abstained: boolean;
  reason: string;
  confidence: number;
  language: string;
  rewritten: string;
  text: string;
  passages: Retrieved[];
}

export interface Examples {
  source: "sample" | "graph" | "none";
  questions: string[];
}

export interface DocumentRow {
  id: string;
  uri: string;
  title: string;
  language: string;
  media_type: string;
  characters: number;
  chunks: number;
  entities: number;
  triples: number;
  added_at: string;
}

export interface Document {
  id: string;
  uri: string;
  title: string;
  language: string;
  media_type: string;
  text: string;
  blocks: { start: number; end: number; kind: string; page: number | null; level: number }[];
  chunks: { passage_id: string; start: number; end: number; page: number | null; heading: string }[];
}

export interface Passage {
  passage_id: string;
  doc_id: string;
  title: string;
  uri: string;
  language: string;
  page: number | null;
  heading: string;
  position: number;
  start: number;
  end: number;
  context: string;
  context_start: number;
  context_end: number;
}

export interface Progress {
  stage: string;
  done: number;
  total: number | null;
  note: string;
}

export interface Report {
  added: number;
  replaced: number;
  unchanged: number;
  failures: { uri: string; reason: string }[];
  entities: number;
  triples: number;
  seconds: number;
}

export interface ErrorBody {
  code: string;
  message: string;
}

export interface Job {
  id: string;
  files: string[];
  status: "queued" | "running" | "done" | "failed" | "cancelled";
  progress: Progress | null;
  report: Report | null;
  error: ErrorBody | null;
}

export interface Entity {
  id: string;
  name: string;
  type: string;
  aliases: string[];
  mentions: number;
  degree: number;
  value: string;
}

export interface Triple {
  id: string;
  subject: string;
  predicate: string;
  object: string;
  subject_name: string;
  object_name: string;
  support: number;
  confidence: number;
}

export interface Evidence {
  id: string;
  target_id: string;
  passage_id: string;
  doc_id: string;
  title: string;
  page: number | null;
  start: number;
  end: number;
  quote: string;
  extractor: string;
  confidence: number;
}

export interface EntityFacts {
  entity: Entity;
  triples: Triple[];
}

export interface Subgraph {
  nodes: Entity[];
  edges: Triple[];
  total: number;
}

export interface Health {
  status: "ok";
  version: string;
  documents: number;
  suffixes: string[];
  max_upload_megabytes: number;
}

export interface Schema {
  entities: Record<string, Record<string, string>>;
  relations: Record<string, Record<string, string>>;
}

/** A place in a document that the evidence panel can show; equal ends mean the passage without a mark. */
export interface Place {
  passage_id: string;
  doc_id: string;
  title: string;
  page: number | null;
  start: number;
  end: number;
}
