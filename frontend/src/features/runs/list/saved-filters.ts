import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { RunView, SavedRunView } from "@/api/generated/perdure.schemas";
import { createRunView, deleteRunView } from "@/api/generated/runs";
import { ApiError } from "@/api/problem";
import { meQuery } from "@/api/queries/account";
import { runViewsQuery } from "@/api/queries/runs";
import { notifyFailure } from "@/lib/notify";
import { cleaned, type RunSearch } from "./run-search";

const FIELDS = ["status", "workflow", "text", "since", "trigger", "by", "cost"] as const;

interface Named {
  name: string;
  search: RunSearch;
}

/** The filters that a person has given names to, wherever they sign in. */
export function useSavedFilters() {
  const client = useQueryClient();
  const { data: views } = useQuery(runViewsQuery);
  const changed = () => client.invalidateQueries({ queryKey: runViewsQuery.queryKey });
  const save = useMutation({
    mutationFn: ({ name, search }: Named) => createRunView({ name, filter: cleaned(search) }),
    onSuccess: changed,
  });
  const forget = useMutation({
    mutationFn: (view: SavedRunView) => deleteRunView(view.id),
    onSuccess: changed,
    onError: (error) => notifyFailure("The filter stays", error),
  });
  useMoved(changed);
  return { saved: views?.items ?? [], save, forget };
}

/** What the address says for a saved filter. */
export function searchOf(view: RunView): RunSearch {
  return cleaned(Object.fromEntries(Object.entries(view).filter(([, value]) => value !== null)));
}

/** Filters that an earlier version has kept in this browser go to where the others are, once. */
function useMoved(onMoved: () => void): void {
  const { data: me } = useQuery(meQuery);
  const key = me && `perdure-run-filters:${me.workspace.id}:${me.user?.id ?? me.name}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each person and workspace
  useEffect(() => {
    if (key) void moveFilters(key).then((moved) => moved && onMoved());
  }, [key]);
}

/** Store what this browser has kept; whether there was anything. What could not be stored stays for another time. */
export async function moveFilters(key: string): Promise<boolean> {
  const kept = readFilters(localStorage.getItem(key));
  localStorage.removeItem(key);
  if (kept.length === 0) return false;
  const left: Named[] = [];
  for (const filter of kept) {
    await createRunView({ name: filter.name, filter: cleaned(filter.search) }).catch((error) => {
      // One of this name is there already, or it is none any more.
      if (error instanceof ApiError && error.temporary) left.push(filter);
    });
  }
  if (left.length > 0) localStorage.setItem(key, JSON.stringify(left));
  return true;
}

/** Stored filters; whatever else is stored there is left out. */
export function readFilters(text: string | null): Named[] {
  try {
    const stored: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(stored) ? stored.flatMap(filterIn) : [];
  } catch {
    return [];
  }
}

function filterIn(value: unknown): Named[] {
  if (typeof value !== "object" || value === null) return [];
  const { name, search } = value as Record<string, unknown>;
  if (typeof name !== "string" || typeof search !== "object" || search === null) return [];
  const found = search as Record<string, unknown>;
  const texts = FIELDS.filter((field) => typeof found[field] === "string");
  return [{ name, search: Object.fromEntries(texts.map((field) => [field, found[field]])) }];
}
