import { useQuery } from "@tanstack/react-query";
import { may, meQuery } from "@/api/queries/account";

export { may };

/** Whoever looks at the page. */
export function useMe() {
  return useQuery(meQuery).data;
}
