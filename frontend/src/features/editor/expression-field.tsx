import { useContext, useRef, useState } from "react";
import { CodeEditor } from "@/components/code/code-editor";
import type { CodeLanguage } from "@/components/code/extensions";
import { LiveValue } from "./live-value";
import { ScopeContext } from "./scope-context";
import { useLiveValue } from "./use-live-value";
import { ValuePicker } from "./value-picker";

interface Props {
  id?: string | undefined;
  label: string;
  hideLabel?: boolean;
  description?: string | undefined;
  required?: boolean;
  error?: string | undefined;
  language: CodeLanguage;
  singleLine?: boolean;
  placeholder?: string | undefined;
  value: string;
  /** What is tried out, if it is not the text itself; undefined if the text is none at the moment. */
  tried?: unknown;
  onChange: (text: string) => void;
}

/** Text with expressions: suggestions while typing, values to insert, and what it comes to. */
export function ExpressionField({ tried, ...field }: Props) {
  const completions = useContext(ScopeContext);
  const [focused, setFocused] = useState(false);
  const writer = useRef<((text: string) => void) | null>(null);
  const bare = field.language === "expression";
  const result = useLiveValue(
    tried === undefined ? field.value : tried,
    bare ? "expression" : "template",
    focused && field.language !== "python",
  );
  return (
    <CodeEditor
      {...field}
      completions={completions}
      writer={writer}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
      aside={
        field.hideLabel ? undefined : (
          <ValuePicker
            label={field.label}
            completions={completions}
            onPick={(name) => writer.current?.(bare ? name : `{{ ${name} }}`)}
          />
        )
      }
      below={<LiveValue result={result} quiet={field.error !== undefined} />}
    />
  );
}
