const VARIABLE = /(?<!\{)\{([a-z_][a-z0-9_]{0,62})\}(?!\})/g;

/** Text between variables, and variables, in their order. */
export interface Piece {
  text: string;
  variable: boolean;
}

/** A text cut at its variables, `{name}`; `{{ … }}` stays an expression of the workflow. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const found of text.matchAll(VARIABLE)) {
    if (found.index > from) pieces.push({ text: text.slice(from, found.index), variable: false });
    pieces.push({ text: found[0], variable: true });
    from = found.index + found[0].length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), variable: false });
  return pieces;
}

/** Names of the variables of a text, each once. */
export function variablesOf(text: string): string[] {
  return [...new Set([...text.matchAll(VARIABLE)].map(([, name]) => name ?? ""))];
}

/** The text with variables in their places; those that are not given stay. */
export function rendered(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(VARIABLE, (whole, name: string) => values[name] || whole);
}
