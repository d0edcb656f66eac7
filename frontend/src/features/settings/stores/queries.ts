import { queryOptions } from "@tanstack/react-query";
import { listSecretStores } from "@/api/generated/credentials";

export const storeKey = ["settings", "secret-stores"] as const;

export const storesQuery = queryOptions({
  queryKey: storeKey,
  queryFn: ({ signal }) => listSecretStores({ signal }),
});
