import type { ListWorkflowsParams, WorkflowSummary } from "@/api/generated/perdure.schemas";

/** What is looked for in the list. */
export interface ListFilter {
  text: string;
  tags: string[];
  archived: boolean;
}

export const NO_FILTER: ListFilter = { text: "", tags: [], archived: false };

/** The same as the API wants it. */
export function queryOf({ text, tags, archived }: ListFilter): ListWorkflowsParams {
  return {
    ...(text.trim() && { q: text.trim() }),
    ...(tags.length > 0 && { tag: tags }),
    ...(archived && { archived }),
  };
}

/** All tags of these workflows, by name. */
export function tagsOf(workflows: readonly WorkflowSummary[]): string[] {
  return [...new Set(workflows.flatMap(({ tags }) => tags))].sort((one, other) => one.localeCompare(other));
}
