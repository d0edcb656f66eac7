import { useEffect, useRef } from "react";

const PATIENCE = 900;
const TYPING = "input, textarea, select, [contenteditable=true], [role=textbox]";

/** Two keys one after the other, such as `g` `r`; not while somebody types. */
export function useKeySequence(first: string, actions: Record<string, () => void>): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    let armedUntil = 0;
    function onKey(event: KeyboardEvent): void {
      if (!isPlain(event)) return;
      const action = event.timeStamp < armedUntil ? latest.current[event.key] : undefined;
      armedUntil = event.key === first ? event.timeStamp + PATIENCE : 0;
      if (!action) return;
      event.preventDefault();
      action();
    }
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [first]);
}

/** A key by itself that is not part of a text. */
function isPlain(event: KeyboardEvent): boolean {
  return !(event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target));
}

/** Whether keys go into a field at the moment. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(TYPING) !== null;
}
