import { useState } from "react";
import type { ApprovalDetail } from "@/api/generated/perdure.schemas";

/** What the person was shown. The question may change meanwhile; they then see what has, before they can answer it. */
export function useSeen(request: ApprovalDetail) {
  const [seen, setSeen] = useState(request);
  const changed = request.status === "pending" && seen.digest !== request.digest;
  return { seen, changed, look: () => setSeen(request) };
}
