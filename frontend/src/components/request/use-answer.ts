import { useRef, useState } from "react";
import type { ApprovalDetail } from "@/api/generated/perdure.schemas";
import { kindOf, startOf } from "./answer-kinds";
import { editsBetween } from "./payload-edits";
import { useDecide } from "./use-decide";
import { useReason } from "./use-reason";

interface Handlers {
  onDecided: (id: string) => void;
  onReopened: (id: string) => void;
}

/** An answer while it is being made: form, value, edits, reason, and what still keeps it from being sent. */
export function useAnswer(request: ApprovalDetail, handlers: Handlers) {
  const [data, setData] = useState(() => startOf(request));
  const [value, setValue] = useState("null");
  const [payload, setPayload] = useState(request.payload);
  const [editing, setEditing] = useState(false);
  /** What of a failed step is open: the form of its edit, or the value in its place. */
  const [open, setOpen] = useState("");
  const form = useRef<HTMLDivElement>(null);
  const editor = useRef<HTMLDivElement>(null);
  const meant = useRef("approved");
  const reason = useReason(request);
  const decide = useDecide(request, handlers);
  const edits = editing ? editsBetween(request.payload, payload).length : 0;
  const send = (decision: string, given: unknown) =>
    decide.mutate({
      decision,
      quick: given === null && edits === 0 && reason.text.trim() === "",
      data: given,
      reason: reason.text.trim() || null,
      ...(edits > 0 && decision !== "rejected" ? { payload } : {}),
    });
  const answer = (decision: string) => {
    const kind = kindOf(request, decision);
    const inPlace = request.purpose === "approval" || kind === "plain" || open === decision;
    if (!inPlace) {
      setOpen(decision);
      return focusSoon(kind === "form" ? form : editor);
    }
    if (!reason.suffices(decision)) return;
    if (kind === "plain") return send(decision, null);
    if (kind === "value") return send(decision, parsed(value));
    meant.current = decision;
    form.current?.querySelector("form")?.requestSubmit();
  };
  const edit = () => {
    if (request.purpose !== "approval") return request.form === null ? undefined : answer("edit");
    if (request.editable.length > 0) setEditing(true);
    focusSoon(request.editable.length > 0 ? editor : form);
  };
  const submit = (given: unknown) => send(meant.current, given);
  return {
    ...{ data, setData, value, setValue, payload, setPayload, editing, edits, open, form, editor },
    ...{ reason, decide, answer, edit, submit },
  };
}

/** What was just opened is there with the next frame. */
function focusSoon(place: { current: HTMLElement | null }): void {
  setTimeout(() => place.current?.querySelector<HTMLElement>("input, textarea, select")?.focus(), 50);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
