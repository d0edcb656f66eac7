import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { WorkflowSummary } from "@/api/generated/perdure.schemas";
import {
  archiveWorkflow,
  cloneWorkflow,
  getExportWorkflowUrl,
  setWorkflowTags,
  unarchiveWorkflow,
} from "@/api/generated/workflows";
import { workflowKeys } from "@/api/queries/workflows";
import { send } from "@/api/request";
import { notifyDone, notifyFailure } from "@/lib/notify";
import { saveFile } from "@/lib/save-file";

/** Puts a workflow away or brings it back. */
export function useArchive({ slug, name, archived_at }: WorkflowSummary) {
  const archived = archived_at !== null;
  return useReversible({
    change: () => (archived ? unarchiveWorkflow(slug) : archiveWorkflow(slug)),
    undo: () => (archived ? archiveWorkflow(slug) : unarchiveWorkflow(slug)),
    done: archived ? `${name} is back` : `${name} was archived`,
  });
}

/** Gives a workflow other tags. */
export function useTags({ slug, name, tags }: WorkflowSummary) {
  return useReversible({
    change: (next: string[]) => setWorkflowTags(slug, { tags: next }),
    undo: () => setWorkflowTags(slug, { tags }),
    done: `The tags of ${name} were changed`,
  });
}

/** Makes a workflow of its own out of the draft, and opens it. */
export function useClone({ slug }: WorkflowSummary) {
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () => cloneWorkflow(slug, {}),
    onSuccess: (copy) => void navigate({ to: "/workflows/$slug/edit", params: { slug: copy.slug } }),
    onError: (error) => notifyFailure("The workflow was not copied", error),
  });
}

/** Saves the document as a file. */
export function useExport({ slug }: WorkflowSummary) {
  return useMutation({
    mutationFn: async () => saveFile(`${slug}.yaml`, await (await send(getExportWorkflowUrl(slug))).blob()),
    onError: (error) => notifyFailure("The workflow was not exported", error),
  });
}

interface Reversible<Given> {
  change: (given: Given) => Promise<unknown>;
  undo: () => Promise<unknown>;
  done: string;
}

function useReversible<Given = void>({ change, undo, done }: Reversible<Given>) {
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: workflowKeys.all });
  const takeBack = () => undo().then(refresh, (error) => notifyFailure("It stays", error));
  return useMutation({
    mutationFn: change,
    onSuccess: () => {
      void refresh();
      notifyDone(done, () => void takeBack());
    },
    onError: (error) => notifyFailure("The workflow was not changed", error),
  });
}
