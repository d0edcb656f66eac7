import { type UseMutationResult, useMutation, useQueryClient } from "@tanstack/react-query";
import { notifyDone, notifyFailure } from "@/lib/notify";

interface Change<Given, Answer> {
  run: (given: Given) => Promise<Answer>;
  /** What has to be read anew. */
  refresh: readonly (readonly unknown[])[];
  /** Said when it worked; nothing if the page shows it anyway. */
  done?: (given: Given) => string;
  /** What to do about a change that was a mistake. */
  undo?: (given: Given) => Promise<unknown>;
  after?: (answer: Answer, given: Given) => void;
  /** Title of the message when it did not work; a form that shows the failure itself leaves it out. */
  failed?: string;
}

/** A change on the server: afterwards the page is read anew, and the person is told, with a way back where there is one. */
export function useChange<Given, Answer>({
  run,
  refresh,
  done,
  undo,
  after,
  failed,
}: Change<Given, Answer>): UseMutationResult<Answer, Error, Given> {
  const client = useQueryClient();
  const renew = () => Promise.all(refresh.map((queryKey) => client.invalidateQueries({ queryKey })));
  return useMutation({
    mutationFn: run,
    onSuccess: (answer, given) => {
      void renew();
      after?.(answer, given);
      const takeBack = undo && (() => undo(given).then(renew, (error) => notifyFailure("It stays", error)));
      if (done) notifyDone(done(given), takeBack);
    },
    onError: (error) => {
      if (failed) notifyFailure(failed, error);
    },
  });
}
