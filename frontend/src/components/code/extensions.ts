import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { markdown } from "@codemirror/lang-markdown";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter } from "@codemirror/lint";
import { search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension, Prec } from "@codemirror/state";
import {
  Decoration,
  drawSelection,
  EditorView,
  keymap,
  lineNumbers,
  MatchDecorator,
  placeholder,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

export type CodeLanguage = "yaml" | "json" | "template" | "expression" | "markdown" | "python";

export interface CodeOptions {
  language: CodeLanguage;
  singleLine?: boolean;
  readOnly?: boolean;
  placeholder?: string | undefined;
  /** Line numbers and a gutter for problems. */
  gutters?: boolean;
  /** What may be written in an expression at this place. */
  completions?: () => Completion[];
}

/** All that makes the editor of a language. */
export function extensionsOf(options: CodeOptions): Extension {
  const { language, singleLine, readOnly, gutters } = options;
  return [
    history(),
    drawSelection(),
    bracketMatching(),
    closeBrackets(),
    indentUnit.of("  "),
    EditorState.tabSize.of(2),
    LOOK,
    syntaxHighlighting(COLORS),
    languageOf(language),
    completionOf(options),
    options.placeholder ? placeholder(options.placeholder) : [],
    singleLine ? SINGLE_LINE : EditorView.lineWrapping,
    readOnly ? [EditorState.readOnly.of(true), EditorView.editable.of(false)] : [],
    gutters ? [lineNumbers(), lintGutter(), search({ top: true })] : [],
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...defaultKeymap,
      ...historyKeymap,
      ...(gutters ? [...searchKeymap, indentWithTab] : []),
    ]),
  ];
}

function languageOf(language: CodeLanguage): Extension {
  switch (language) {
    case "yaml":
      return [yaml(), TEMPLATES];
    case "json":
      return json();
    case "markdown":
      return [markdown(), TEMPLATES];
    case "template":
      return TEMPLATES;
    default:
      return [];
  }
}

/** Suggestions inside of `{{ … }}`, or anywhere in a field that is an expression as a whole. */
function completionOf({ language, completions }: CodeOptions): Extension {
  if (!completions) return [];
  const source = (context: CompletionContext): CompletionResult | null => {
    const line = context.state.doc.lineAt(context.pos);
    const before = line.text.slice(0, context.pos - line.from);
    if (language !== "expression" && before.lastIndexOf("{{") <= before.lastIndexOf("}}")) return null;
    const word = context.matchBefore(/[\w.]+/);
    if (!word && !context.explicit && !before.endsWith("{{ ") && !before.endsWith("{{")) return null;
    return { from: word?.from ?? context.pos, options: completions(), validFor: /^[\w.]*$/ };
  };
  return autocompletion({ override: [source], icons: false });
}

const SINGLE_LINE = [
  EditorState.transactionFilter.of((transaction) => (transaction.newDoc.lines > 1 ? [] : transaction)),
  Prec.high(keymap.of([{ key: "Enter", run: () => true }])),
];

const expressions = new MatchDecorator({
  regexp: /\{\{.*?\}\}/g,
  decoration: Decoration.mark({ class: "cm-expression" }),
});

const TEMPLATES = ViewPlugin.fromClass(
  class {
    decorations;

    constructor(view: EditorView) {
      this.decorations = expressions.createDeco(view);
    }

    update(update: ViewUpdate) {
      this.decorations = expressions.updateDeco(update, this.decorations);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

const LOOK = EditorView.theme({
  "&.cm-focused": { outline: "none" },
  ".cm-content": { padding: "7px 0", caretColor: "var(--mantine-color-text)" },
  ".cm-line": { padding: "0 10px" },
  ".cm-cursor": { borderLeftColor: "var(--mantine-color-text)" },
  ".cm-gutters": { background: "transparent", color: "var(--mantine-color-placeholder)", border: "0" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "color-mix(in srgb, var(--accent) 22%, transparent)",
  },
  ".cm-expression": { color: "var(--accent-ink)", background: "var(--accent-quiet)", borderRadius: "3px" },
  ".cm-placeholder": { color: "var(--mantine-color-placeholder)" },
  ".cm-tooltip": {
    border: "1px solid var(--line)",
    borderRadius: "8px",
    background: "var(--surface)",
    boxShadow: "var(--shadow)",
    overflow: "hidden",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--accent)", color: "#fff" },
  ".cm-panels": { background: "var(--ground)", color: "var(--mantine-color-text)" },
});

const COLORS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent-ink)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--status-running)" },
  { tag: tags.comment, color: "var(--mantine-color-dimmed)", fontStyle: "italic" },
  { tag: tags.heading, fontWeight: "600" },
  { tag: tags.strong, fontWeight: "600" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.meta, color: "var(--mantine-color-dimmed)" },
]);
