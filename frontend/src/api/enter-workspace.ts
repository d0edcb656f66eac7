import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { notifyFailure } from "@/lib/notify";
import { switchWorkspace } from "./generated/sign-in";
import { createWorkspace } from "./generated/workspaces";
import { mayLeave } from "./leave";
import { renewIn } from "./renewal";
import { signInPerson } from "./session";

/** Goes to another workspace, by its id; what is known of this one is forgotten. */
export function useEnterWorkspace() {
  const enter = useEnter();
  return useMutation({
    mutationFn: async (id: string) => {
      if (await mayLeave()) await enter(id);
    },
    onError: (error) => notifyFailure("The workspace was not changed", error),
  });
}

/** Makes a workspace of this name and goes there; `onDone` is called even if the page has changed meanwhile. */
export function useNewWorkspace(onDone: () => void) {
  const enter = useEnter();
  return useMutation({
    mutationFn: async (name: string) => enter((await createWorkspace({ name })).id),
    onSuccess: onDone,
  });
}

function useEnter() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return async (id: string) => {
    const grant = await switchWorkspace({ workspace_id: id });
    signInPerson(grant.access_token);
    renewIn(grant.expires_in, grant.access_token);
    await navigate({ to: "/workflows" });
    // Read anew rather than cleared: what is on the page already would otherwise go on showing the other workspace.
    await client.resetQueries();
  };
}
