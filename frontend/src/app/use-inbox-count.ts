import { useQuery } from "@tanstack/react-query";
import { approvalCountsQuery } from "@/api/queries/approvals";

/** How many requests wait for the person, as a badge says it: empty for none, `1000+` for more. */
export function useInboxCount(): string {
  const { data } = useQuery(approvalCountsQuery);
  const mine = data?.views.mine;
  if (mine === undefined || mine.count === 0) return "";
  return mine.more ? `${mine.count}+` : String(mine.count);
}
