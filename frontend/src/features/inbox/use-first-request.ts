import { useEffect, useRef } from "react";

/** Where the list and a request do not stand side by side, as in inbox-page.module.css. */
const NARROW = "(max-width: 62em)";

/** Opens the first request of a view when there is one, so that it can be answered at once; never a second time. */
export function useFirstRequest(
  view: string,
  requests: readonly { id: string }[],
  loaded: boolean,
  chosen: string | null,
  choose: (id: string) => void,
): void {
  const offered = useRef<string | null>(null);
  const first = requests[0]?.id ?? null;
  useEffect(() => {
    // That there is nothing yet does not mean that all are answered.
    if (!loaded) return;
    const nothing = first === null && chosen === null;
    const asked = offered.current === view;
    offered.current = nothing ? null : view;
    if (!asked && first !== null && chosen === null && !globalThis.matchMedia(NARROW).matches) choose(first);
  }, [view, first, loaded, chosen, choose]);
}
