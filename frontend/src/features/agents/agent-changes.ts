import { isAlike } from "@/lib/is-alike";
import type { Edited } from "./use-agent-draft";

export interface AgentChange {
  /** Name or description of the agent, or a setting of it. */
  field: string;
  before: unknown;
  after: unknown;
}

interface Combined {
  edited: Edited;
  /** What both have changed, each to something else. */
  clashes: string[];
}

/** What differs between two states of an agent, its settings one by one. */
export function agentChanges(before: Edited, after: Edited): AgentChange[] {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return names
    .filter((field) => !isAlike(old[field], now[field]))
    .map((field) => ({ field, before: old[field], after: now[field] }));
}

/** What both have made of the same agent, in one: mine on top of theirs. */
export function combinedAgents(base: Edited, mine: Edited, theirs: Edited): Combined {
  const own = agentChanges(base, mine);
  const other = new Map(agentChanges(base, theirs).map(({ field, after }) => [field, after]));
  const fields = {
    ...fieldsOf(theirs),
    ...Object.fromEntries(own.map(({ field, after }) => [field, after])),
  };
  const clashes = own.filter(({ field, after }) => other.has(field) && !isAlike(other.get(field), after));
  return { edited: editedOf(fields), clashes: clashes.map(({ field }) => field) };
}

/** The settings of an agent are in lower case, so that they stand beside its name and its description. */
function fieldsOf({ name, description, config }: Edited): Record<string, unknown> {
  return { Name: name, Description: description, ...config };
}

function editedOf({ Name, Description, ...config }: Record<string, unknown>): Edited {
  const kept = Object.entries(config).filter(([, value]) => value !== undefined);
  return { name: String(Name), description: String(Description), config: Object.fromEntries(kept) };
}
