const UNITS: [string, number][] = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
];

/** A span in seconds as one writes it: `90` is `90s`, `3600` is `1h`. */
export function spanText(seconds: number): string {
  const fits = UNITS.find(([, size]) => seconds >= size && seconds % size === 0);
  return fits ? `${seconds / fits[1]}${fits[0]}` : `${seconds}s`;
}
