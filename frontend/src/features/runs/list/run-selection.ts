import { useState } from "react";

export interface Selection {
  ids: ReadonlySet<string>;
  /** Every run that the filter means, also those that are not listed yet. */
  everything: boolean;
  toggle: (id: string, listed: readonly string[], range: boolean) => void;
  toggleAll: (listed: readonly string[]) => void;
  takeEverything: () => void;
  clear: () => void;
}

/** Which runs of the list are chosen; with shift, all between the last one and this one. */
export function useSelection(): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const [everything, setEverything] = useState(false);
  const [last, setLast] = useState<string | null>(null);
  const choose = (next: ReadonlySet<string>) => {
    setIds(next);
    setEverything(false);
  };
  return {
    ids,
    everything,
    toggle: (id, listed, range) => {
      choose(toggled(ids, id, range ? between(listed, last, id) : [id]));
      setLast(id);
    },
    toggleAll: (listed) => choose(listed.every((id) => ids.has(id)) ? new Set() : new Set(listed)),
    takeEverything: () => setEverything(true),
    clear: () => choose(new Set()),
  };
}

/** The ids from one to another as they are listed. */
export function between(listed: readonly string[], from: string | null, to: string): string[] {
  const [one, other] = [from === null ? -1 : listed.indexOf(from), listed.indexOf(to)];
  if (one < 0 || other < 0) return [to];
  return listed.slice(Math.min(one, other), Math.max(one, other) + 1);
}

/** Some ids chosen or no longer chosen, whichever the first of them was not. */
export function toggled(ids: ReadonlySet<string>, id: string, some: readonly string[]): Set<string> {
  const next = new Set(ids);
  for (const one of some) {
    if (ids.has(id)) next.delete(one);
    else next.add(one);
  }
  return next;
}
