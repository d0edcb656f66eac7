import { useEffect } from "react";
import { validateText } from "@/api/queries/workflows";
import { setFaults, useEditor } from "./editor-store";
import { toYaml } from "./yaml-text";

const QUIET = 400;

/**
 * Let the server look for faults while the document is edited.
 *
 * @param placed whether somebody looks at the YAML, so that it matters in which of its lines a fault is
 */
export function useFaults(placed: boolean): void {
  const document = useEditor((editor) => editor.document);
  useEffect(() => {
    const gate = new AbortController();
    const timer = setTimeout(() => {
      // JSON is YAML too, and written much faster.
      validateText(placed ? toYaml(document) : JSON.stringify(document), gate.signal)
        .then(({ faults }) => setFaults(faults))
        // A server that is away says so when the draft is saved.
        .catch(() => undefined);
    }, QUIET);
    return () => {
      clearTimeout(timer);
      gate.abort();
    };
  }, [document, placed]);
}
