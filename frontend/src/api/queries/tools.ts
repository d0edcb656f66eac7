import { queryOptions } from "@tanstack/react-query";
import { listToolTypes } from "../generated/tools";

/** All types of tools; they change only with the product. */
export const toolTypesQuery = queryOptions({
  queryKey: ["tool-types"] as const,
  queryFn: ({ signal }) => listToolTypes({ signal }),
  staleTime: Number.POSITIVE_INFINITY,
});
