import type { Diagnostic } from "@codemirror/lint";
import { useEffect, useMemo, useRef, useState } from "react";
import type { FaultProblem } from "@/api/generated/perdure.schemas";
import { CodeEditor } from "@/components/code/code-editor";
import { edit, useEditor } from "./editor-store";
import classes from "./yaml-panel.module.css";
import { fromYaml, toYaml } from "./yaml-text";

const QUIET = 300;

/** The document as text, which can be edited as well; both sides follow each other. */
export function YamlPanel() {
  const document = useEditor((editor) => editor.document);
  const text = useMemo(() => toYaml(document), [document]);
  const { shown, problem, type, leave } = useTwoWays(text);
  const faults = useEditor((editor) => editor.faults);
  const diagnostics = useMemo(
    () => (problem ? [problem] : shown === text ? faults.map((fault) => diagnosticOf(fault, shown)) : []),
    [problem, faults, shown, text],
  );
  return (
    <section className={classes.panel} aria-label="YAML">
      <CodeEditor
        label="Document as YAML"
        hideLabel
        fill
        gutters
        language="yaml"
        value={shown}
        diagnostics={diagnostics}
        onChange={type}
        onBlur={leave}
      />
    </section>
  );
}

/** While somebody types, their text stands and the document follows it; afterwards the text follows the document. */
function useTwoWays(text: string) {
  const [own, setOwn] = useState<string | null>(null);
  const [problem, setProblem] = useState<Diagnostic | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const apply = (typed: string) => {
    const parsed = fromYaml(typed);
    setProblem(parsed.problem ? { ...parsed.problem, severity: "error" } : null);
    if (parsed.document) edit(() => parsed.document ?? {}, "yaml");
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return {
    shown: own ?? text,
    problem,
    type: (typed: string) => {
      setOwn(typed);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => apply(typed), QUIET);
    },
    leave: () => {
      if (own === null) return;
      clearTimeout(timer.current);
      apply(own);
      // What cannot be read stays, so that it can be put right.
      if (fromYaml(own).document) setOwn(null);
    },
  };
}

function diagnosticOf({ message, line, column }: FaultProblem, text: string): Diagnostic {
  const start = offsetOf(text, line ?? 1, column ?? 1);
  const end = text.indexOf("\n", start);
  return { from: start, to: end < 0 ? text.length : end, severity: "error", message };
}

function offsetOf(text: string, line: number, column: number): number {
  let offset = 0;
  for (let number = 1; number < line; number++) {
    const next = text.indexOf("\n", offset);
    if (next < 0) return text.length;
    offset = next + 1;
  }
  return Math.min(text.length, offset + column - 1);
}
