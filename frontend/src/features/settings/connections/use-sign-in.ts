import type { UseMutationResult } from "@tanstack/react-query";
import { beginConnection } from "@/api/generated/connections";
import type { ConnectionSignIn } from "@/api/generated/perdure.schemas";
import { useChange } from "../use-change";

/** Sends the person to the provider, which sends them back to the callback page. */
export function useSignIn(): UseMutationResult<ConnectionSignIn, Error, string> {
  return useChange({
    run: (id: string) => beginConnection(id),
    refresh: [],
    after: ({ url }) => window.location.assign(url),
    failed: "The sign-in did not begin",
  });
}
