import { queryOptions } from "@tanstack/react-query";
import { listCredentials } from "@/api/generated/credentials";

/** Credentials to choose from, by name. */
export const credentialsQuery = queryOptions({
  queryKey: ["credentials"] as const,
  queryFn: ({ signal }) => listCredentials({}, { signal }),
  select: ({ items }) => items.map(({ name, type }) => ({ name, type })),
});
