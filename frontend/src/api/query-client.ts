import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./problem";

/** Server state of the whole app. Reads that failed for a moment are tried again; changes never are. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (failures, error) => failures < 3 && error instanceof ApiError && error.temporary,
      },
      mutations: { retry: false },
    },
  });
}
