import { useRef, useState } from "react";
import type { Approval } from "@/api/generated/perdure.schemas";

/** The reason: given freely, or asked for where the decision needs one. */
export function useReason({ decisions }: Approval) {
  const [text, setText] = useState("");
  const [asked, setAsked] = useState(false);
  const [wanted, setWanted] = useState("");
  const box = useRef<HTMLTextAreaElement>(null);
  const ask = () => {
    setAsked(true);
    setTimeout(() => box.current?.focus());
  };
  /** Whether the decision can be made with what was said so far; if not, the reason is asked for. */
  const suffices = (decision: string) => {
    const option = decisions.find(({ name }) => name === decision);
    if (!option?.needs_reason || text.trim() !== "") return true;
    setWanted(decision);
    ask();
    return false;
  };
  const label = decisions.find(({ name }) => name === wanted)?.label;
  const missing = label !== undefined && text.trim() === "" ? `Say why you choose “${label}”.` : undefined;
  return { text, setText, asked, ask, box, suffices, missing, wanted };
}
