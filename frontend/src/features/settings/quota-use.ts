import type { QuotaUse } from "@/api/generated/perdure.schemas";

export type QuotaName = QuotaUse["quota"];

/** How much of a limit is used, from 0 to 1; null without a limit. */
export function shareOf({ limit, used }: Pick<QuotaUse, "limit" | "used">): number | null {
  if (limit === null) return null;
  if (limit === 0) return 1;
  return Math.min(1, used / limit);
}

/** How worrying that is. */
export function toneOf(share: number): "done" | "waiting" | "failed" {
  if (share >= 1) return "failed";
  return share >= 0.8 ? "waiting" : "done";
}
