import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { draftQuery } from "@/api/queries/workflows";

/** The draft as it is when the editor is opened; forgotten with the editor, so that the next one begins with what is stored then. */
export function useDraft(slug: string) {
  const client = useQueryClient();
  useEffect(() => () => client.removeQueries(draftQuery(slug)), [client, slug]);
  return useQuery(draftQuery(slug));
}
