import { useDisclosure } from "@mantine/hooks";
import { IconArrowsSplit2 } from "@tabler/icons-react";
import { ReactFlowProvider } from "@xyflow/react";
import { Suspense, useCallback, useEffect, useRef, useState } from "react";
import { saveAll } from "@/components/autosave/use-saves";
import { EmptyState } from "@/components/empty-state";
import { RunStoreProvider } from "@/components/live-run/run-store";
import { useAnyRun } from "@/components/live-run/use-live-run";
import type { Layout } from "@/lib/graph/layout";
import { AddMenu, type AddPlace, withRoom } from "./add-menu";
import { useAddStep } from "./add-step";
import { arranged } from "./arrange";
import { isStep, NOTE, notesOf, withNote } from "./canvas-extras";
import { frozen } from "./canvas-moves";
import { type Kinds, placeNodes } from "./document-edits";
import classes from "./editor.module.css";
import { EditorCanvas } from "./editor-canvas";
import { edit, select, useEditor } from "./editor-store";
import { KeptDraft } from "./kept-draft";
import {
  DocumentPanel,
  EditorConflict,
  Late,
  NodePanel,
  PublishDialog,
  TestDialog,
  useLateParts,
  YamlPanel,
} from "./late-parts";
import { Palette } from "./palette";
import { SelectionBar } from "./selection-bar";
import { hideTestRun, useTestRun } from "./test-run";
import { TestRunBar } from "./test-run-bar";
import { Toolbar } from "./toolbar";
import { useAutosave } from "./use-autosave";
import { useEditorKeys } from "./use-editor-keys";
import { useFaults } from "./use-faults";
import { useFlow } from "./use-flow";

interface Props {
  kinds: Kinds;
  nodeSchema: Record<string, unknown>;
}

/** Palette, canvas, panel of the selected step, YAML. */
export function Editor({ kinds, nodeSchema }: Props) {
  const document = useEditor((editor) => editor.document);
  const selected = useEditor((editor) => editor.selected);
  const clashes = useEditor((editor) => editor.conflict !== null);
  useLateParts();
  const save = useAutosave();
  const canvas = useFlow(document, kinds);
  const [yaml, showYaml] = useDisclosure(false);
  useFaults(yaml);
  const [settings, showSettings] = useSettings();
  const [testing, test] = useDisclosure(false);
  const [from, setFrom] = useState<string | null>(null);
  const [publishing, publish] = useDisclosure(false);
  const add = useAddStep(kinds);
  const [menu, openMenu] = useState<AddPlace | null>(null);
  const stage = useRef<HTMLDivElement>(null);
  const whenSaved = (then: () => void) => () =>
    void saveAll(useEditor, save).then((stored) => stored && then());
  useEditorKeys(kinds, {
    onSave: () => void save(),
    onAdd: useCallback(() => openMenu(placeOfNext(stage.current)), []),
  });
  const tested = useTestRun((test) => test.runId);
  const store = useAnyRun(tested);
  useEffect(() => hideTestRun, []);
  const only = selected.length === 1 ? selected[0] : undefined;
  return (
    <RunStoreProvider value={store}>
      <ReactFlowProvider>
        <div className={classes.editor}>
          <Toolbar
            byHand={canvas.byHand}
            yaml={yaml}
            onYaml={showYaml.toggle}
            onSettings={() => {
              select([]);
              showSettings.toggle();
            }}
            onRun={whenSaved(() => {
              setFrom(null);
              test.open();
            })}
            onPublish={whenSaved(publish.open)}
            onSave={() => void save()}
          />
          <div className={classes.body}>
            <Palette kinds={kinds} onAdd={(kind) => add(kind)} onNote={() => addNote(canvas.layout)} />
            <div className={classes.stage} ref={stage}>
              {canvas.ready && (
                <EditorCanvas
                  key={canvas.drawing}
                  {...canvas}
                  kinds={kinds}
                  onDropKind={add}
                  onAddAt={openMenu}
                />
              )}
              {canvas.nodes.length === 0 && menu === null && <Hint />}
              <TestRunBar />
              <SelectionBar
                kinds={kinds}
                onArrange={(how) =>
                  edit((document) =>
                    placeNodes(document, {
                      ...frozen(canvas.layout),
                      ...arranged(canvas.layout, selected, how),
                    }),
                  )
                }
              />
              {menu && <AddMenu kinds={kinds} place={menu} onAdd={add} onClose={() => openMenu(null)} />}
            </div>
            <Suspense fallback={null}>
              {only !== undefined && isStep(only) && (
                <NodePanel
                  key={only}
                  path={only}
                  kinds={kinds}
                  nodeSchema={nodeSchema}
                  onRunFrom={(path) =>
                    whenSaved(() => {
                      setFrom(path);
                      test.open();
                    })()
                  }
                />
              )}
              {(only === undefined || !isStep(only)) && settings && (
                <DocumentPanel onClose={showSettings.close} />
              )}
            </Suspense>
            <Suspense fallback={null}>{yaml && <YamlPanel />}</Suspense>
          </div>
        </div>
        <KeptDraft save={save} />
        <Late wanted={clashes}>
          <EditorConflict kinds={kinds} onSettled={() => void save()} />
        </Late>
        <Late wanted={testing}>
          <TestDialog from={from} opened={testing} onClose={test.close} />
        </Late>
        <Late wanted={publishing}>
          <PublishDialog opened={publishing} onClose={publish.close} />
        </Late>
      </ReactFlowProvider>
    </RunStoreProvider>
  );
}

/** Whether the settings of the document are shown: on demand, and for a fault in them. */
function useSettings() {
  const [shown, show] = useDisclosure(false);
  const jump = useEditor((editor) => editor.jump);
  const { open } = show;
  useEffect(() => {
    if (jump?.of === "document") open();
  }, [jump, open]);
  return [shown, show] as const;
}

/** Under what is selected, otherwise in the middle. */
function placeOfNext(stage: HTMLDivElement | null): AddPlace {
  const path = useEditor.getState().selected.find(isStep);
  const bounds = stage?.getBoundingClientRect();
  const card = path && stage?.querySelector(`[data-id="${CSS.escape(path)}"]`)?.getBoundingClientRect();
  if (path && card && bounds)
    return {
      screen: withRoom({ x: card.left - bounds.left, y: card.bottom - bounds.top + 10 }, bounds),
      after: { path },
    };
  return { screen: { x: (bounds?.width ?? 600) / 2 - 135, y: (bounds?.height ?? 400) / 3 } };
}

/** A note beside the steps, so that it covers none. */
function addNote(layout: Layout): void {
  const index = notesOf(useEditor.getState().document).length;
  const left = Math.min(0, ...Object.values(layout.nodes).map(({ x }) => x));
  edit((document) =>
    withNote(document, index, {
      text: "",
      x: Math.round(left - NOTE.width - 40),
      y: index * (NOTE.height + 20),
    }),
  );
  select([`note:${index}`]);
}

function Hint() {
  return (
    <div className={classes.hint}>
      <EmptyState icon={IconArrowsSplit2} title="Begin with a step">
        Choose one on the left, or drag it here. Press Tab to find one by name. Each further step is connected
        to the one that is selected.
      </EmptyState>
    </div>
  );
}
