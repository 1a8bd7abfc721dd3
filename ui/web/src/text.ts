// Text by code points, as the server counts it; JavaScript's own indexes count UTF-16 units.

/** The part of `text` between two offsets in code points. */
export function slice(text: string, start: number, end: number): string {
  let units = 0;
  let points = 0;
  let from = start <= 0 ? 0 : text.length;
  for (const character of text) {
    if (points === start) from = units;
    if (points >= end) return text.slice(from, units);
    units += character.length;
    points += 1;
  }
  return text.slice(from);
}

/** `text` cut in three: before the mark, the mark, and after it. `offset` is where `text` begins in the document. */
export function cut(text: string, offset: number, start: number, end: number): [string, string, string] {
  const from = Math.max(0, start - offset);
  const to = Math.max(from, end - offset);
  return [slice(text, 0, from), slice(text, from, to), slice(text, to, Infinity)];
}

export type Piece = { kind: "text"; text: string } | { kind: "cite"; n: number };

/** An answer's text as plain pieces and `[n]` references. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let last = 0;
  for (const match of text.matchAll(/\[(\d{1,3})\]/g)) {
    if (match.index > last) found.push({ kind: "text", text: text.slice(last, match.index) });
    found.push({ kind: "cite", n: Number(match[1]) });
    last = match.index + match[0].length;
  }
  if (last < text.length) found.push({ kind: "text", text: text.slice(last) });
  return found;
}
