export interface DiffLine {
  kind: "same" | "removed" | "added";
  text: string;
}

const MOST_LINES = 600;

/** Two values line by line as JSON: what only the first has, what only the second has, and what both have. */
export function diffOf(one: unknown, other: unknown): DiffLine[] | null {
  const [before, after] = [linesOf(one), linesOf(other)];
  return before.length > MOST_LINES || after.length > MOST_LINES ? null : diffLines(before, after);
}

function linesOf(value: unknown): string[] {
  return (JSON.stringify(value ?? null, null, 2) ?? "null").split("\n");
}

/** The shortest way from one text to the other. */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  const common = commonLengths(before, after);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [left, right] = [before[i], after[j]];
    if (left !== undefined && left === right) {
      lines.push({ kind: "same", text: left });
      i++;
      j++;
    } else if (left !== undefined && (right === undefined || common(i + 1, j) >= common(i, j + 1))) {
      lines.push({ kind: "removed", text: left });
      i++;
    } else {
      lines.push({ kind: "added", text: right ?? "" });
      j++;
    }
  }
  return lines;
}

/** How many lines what follows two places has in common. */
function commonLengths(before: readonly string[], after: readonly string[]) {
  const width = after.length + 1;
  const table = new Uint16Array((before.length + 1) * width);
  const at = (i: number, j: number) => table[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      table[i * width + j] =
        before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  return at;
}
