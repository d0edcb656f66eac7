import { useState } from "react";
import type { Approval } from "@/api/generated/perdure.schemas";

/** Requests that are chosen for one answer; what has left the list is no longer chosen. */
export function useSelection(requests: readonly Approval[]) {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const selected = requests.filter(({ id, status }) => ids.has(id) && status === "pending");
  const toggle = (id: string) =>
    setIds((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  return { selected, ids: new Set(selected.map(({ id }) => id)), toggle, clear: () => setIds(new Set()) };
}
