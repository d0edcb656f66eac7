import { type UseMutationResult, useMutation, useQueryClient } from "@tanstack/react-query";
import { notifyDone, notifyFailure } from "@/lib/notify";

interface Action<Given, Answer> {
  run: (given: Given) => Promise<Answer>;
  /** What has to be read anew. */
  refresh: readonly unknown[];
  done?: string;
  failed?: string;
  after?: (answer: Answer) => void;
}

/** A change on the server, after which the page is read anew and the person is told. */
export function useAction<Given, Answer>(
  action: Action<Given, Answer>,
): UseMutationResult<Answer, Error, Given> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: action.run,
    onSuccess: (answer) => {
      void client.invalidateQueries({ queryKey: action.refresh });
      action.after?.(answer);
      if (action.done) notifyDone(action.done);
    },
    onError: (error) => {
      if (action.failed) notifyFailure(action.failed, error);
    },
  });
}
