import { type Diagnostic, setDiagnostics } from "@codemirror/lint";
import { Annotation } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { Input } from "@mantine/core";
import { type ReactNode, type RefObject, useEffect, useId, useRef } from "react";
import classes from "./code-editor.module.css";
import { type CodeOptions, extensionsOf } from "./extensions";

export interface CodeEditorProps extends CodeOptions {
  /** Name of the field; also read to whoever does not see it. */
  label: string;
  hideLabel?: boolean;
  /** By which the field can be found; made up by default. */
  id?: string | undefined;
  description?: string | undefined;
  required?: boolean;
  error?: string | undefined;
  value: string;
  onChange?: (text: string) => void;
  onBlur?: () => void;
  onFocus?: () => void;
  /** Beside the label. */
  aside?: ReactNode;
  /** Under the text. */
  below?: ReactNode;
  /** Is given a way to write at the cursor. */
  writer?: RefObject<((text: string) => void) | null>;
  /** What is wrong with the text, and where. */
  diagnostics?: Diagnostic[];
  /** Fills its container instead of growing with the text. */
  fill?: boolean;
}

/** Marks changes that come from outside, so that they are not told back. */
const External = Annotation.define<boolean>();

/** Text of a language: expressions, prompts, YAML, JSON. */
export function CodeEditor(props: CodeEditorProps) {
  const { label, hideLabel, description, required, error, fill, diagnostics, aside, below } = props;
  const made = useId();
  const id = props.id ?? made;
  const { host, view } = useCodeMirror(props, id);
  useEffect(() => {
    if (view.current && diagnostics)
      view.current.dispatch(setDiagnostics(view.current.state, clipped(view.current, diagnostics)));
  }, [view, diagnostics]);
  return (
    <Input.Wrapper
      label={hideLabel ? undefined : label}
      labelElement="div"
      description={description}
      error={error}
      required={required ?? false}
      className={fill ? classes.fill : aside ? classes.beside : undefined}
    >
      {aside && <div className={classes.aside}>{aside}</div>}
      <div
        ref={host}
        className={classes.host}
        data-single={props.singleLine || undefined}
        data-fill={fill || undefined}
        data-error={error ? true : undefined}
        data-plain={props.language === "template" || props.language === "markdown" || undefined}
      />
      {below}
    </Input.Wrapper>
  );
}

function useCodeMirror(props: CodeEditorProps, id: string) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  latest.current = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the editor is made once; later changes reach it one by one
  useEffect(() => {
    if (!host.current) return;
    const { value, label, ...options } = props;
    const tell = EditorView.updateListener.of((update) => {
      const own = !update.transactions.some((transaction) => transaction.annotation(External));
      if (update.docChanged && own) latest.current.onChange?.(update.state.doc.toString());
      if (update.focusChanged && !update.view.hasFocus) latest.current.onBlur?.();
      if (update.focusChanged && update.view.hasFocus) latest.current.onFocus?.();
    });
    const attributes = EditorView.contentAttributes.of({ "aria-label": label, id });
    const completions = () => latest.current.completions?.() ?? [];
    const made = new EditorView({
      doc: value,
      parent: host.current,
      extensions: [extensionsOf({ ...options, completions }), attributes, tell],
    });
    view.current = made;
    if (props.writer) props.writer.current = (text) => write(made, text);
    return () => made.destroy();
  }, []);
  useEffect(() => {
    const shown = view.current?.state.doc.toString();
    if (!view.current || shown === props.value) return;
    const changes = { from: 0, to: view.current.state.doc.length, insert: props.value };
    view.current.dispatch({ changes, annotations: External.of(true) });
  }, [props.value]);
  return { host, view };
}

function write(view: EditorView, text: string): void {
  view.dispatch(view.state.replaceSelection(text));
  view.focus();
}

/** Places of problems may be of a text that was a little longer. */
function clipped(view: EditorView, diagnostics: Diagnostic[]): Diagnostic[] {
  const end = view.state.doc.length;
  return diagnostics.map((one) => ({
    ...one,
    from: Math.min(one.from, end),
    to: Math.min(Math.max(one.to, one.from), end),
  }));
}
