import { runDraft } from "@/api/generated/workflows";
import { StartDialog } from "@/components/start-run/start-dialog";
import { plural } from "@/lib/format";
import { isRecord } from "@/lib/graph/document";
import { useEditor } from "./editor-store";
import { startFrom } from "./node-reads";
import { usablePins } from "./pins";
import { useRecorded } from "./sample-data";
import { showTestRun } from "./test-run";

interface Props {
  /** The step from which on everything runs; null for the whole draft. */
  from: string | null;
  opened: boolean;
  onClose: () => void;
}

/** Runs the draft as it is, without publishing it. */
export function TestDialog({ from, opened, onClose }: Props) {
  const slug = useEditor((editor) => editor.slug);
  const revision = useEditor((editor) => editor.revision);
  const document = useEditor((editor) => editor.document);
  const recorded = useRecorded();
  const own = usablePins(document);
  const { pins, unknown } =
    from === null ? { pins: own, unknown: [] } : startFrom(document, from, own, recorded);
  return (
    <StartDialog
      opened={opened}
      onClose={onClose}
      title={from === null ? "Test the draft" : `Run from ${from}`}
      lead={leadOf(from, Object.keys(pins).length, unknown)}
      schema={isRecord(document.input) ? document.input : {}}
      initial={recorded?.input}
      start={(given, confirm) => runDraft(slug, { input: given, revision, pins, confirm })}
      onStarted={showTestRun}
    />
  );
}

function leadOf(from: string | null, pinned: number, unknown: readonly string[]): string {
  const test = "It is marked as a test, and nothing is published.";
  if (from === null) {
    const pins =
      pinned > 0
        ? ` ${plural(pinned, "step")} ${pinned === 1 ? "gives its" : "give their"} pinned output.`
        : "";
    return `The draft runs as it is. ${test}${pins}`;
  }
  const before = `Steps before it give what is pinned, or what they gave last. ${test}`;
  return unknown.length === 0
    ? before
    : `${before} These run too, since nothing is known of them: ${unknown.join(", ")}.`;
}
