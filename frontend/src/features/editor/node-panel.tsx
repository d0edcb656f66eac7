import { ActionIcon, Tabs, Text, TextInput, Tooltip } from "@mantine/core";
import { IconCopy, IconTrash, IconX } from "@tabler/icons-react";
import { useEffect, useMemo, useState } from "react";
import type { NodeKind } from "@/api/generated/perdure.schemas";
import { KindIcon } from "@/components/graph/kind-icon";
import { stepOf, useRunStore } from "@/components/live-run/run-store";
import type { DocumentNode } from "@/lib/graph/document";
import { portsOf } from "@/lib/graph/flow";
import { ApprovalPreviewButton } from "./approval-preview";
import { ConfigForm } from "./config-form";
import { planForm, planPolicies } from "./config-schema";
import { type Kinds, nodeAt, removeNodes, updateNode } from "./document-edits";
import { edit, select, useEditor } from "./editor-store";
import { goToField } from "./fault-fields";
import { IdInput } from "./id-input";
import { MoveMenu } from "./move-menu";
import { duplicate } from "./node-clipboard";
import { NodeConnections } from "./node-connections";
import classes from "./node-panel.module.css";
import { NodeTest } from "./node-test";
import { useSampleData } from "./sample-data";
import { scopeOf } from "./scope";
import { ScopeContext } from "./scope-context";
import { SampleContext } from "./use-live-value";

interface Props {
  path: string;
  kinds: Kinds;
  nodeSchema: Record<string, unknown>;
  onRunFrom: (path: string) => void;
}

const NO_FAULTS: never[] = [];

/** Everything about the node that is selected. */
export function NodePanel({ path, kinds, nodeSchema, onRunFrom }: Props) {
  const node = useEditor((editor) => nodeAt(editor.document, path, kinds));
  const faults = useEditor((editor) => editor.faultsByNode[path] ?? NO_FAULTS);
  const kind = node && kinds.get(node.kind);
  const plan = useMemo(() => kind && planForm(kind), [kind]);
  const policies = useMemo(() => planPolicies(nodeSchema), [nodeSchema]);
  const sample = useSampleData(path, kinds);
  const scope = useMemo(
    () => () => scopeOf(useEditor.getState().document, path, kinds, sample),
    [path, kinds, sample],
  );
  const [tab, setTab] = useTab(path);
  if (!node) return null;
  const change = (changes: Partial<DocumentNode>) =>
    edit(
      (document) => updateNode(document, path, kinds, (before) => cleaned({ ...before, ...changes })),
      path,
    );
  const { id, kind: _, name: __, description: ___, with: config, ...rest } = node;
  const general = faults.filter(({ field }) => !field);
  return (
    <aside className={classes.panel} aria-label="Step">
      <Header path={path} title={kind?.title ?? node.kind} icon={kind?.icon} kinds={kinds} />
      <div className={classes.names}>
        <TextInput
          label="Name"
          value={node.name ?? ""}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <IdInput key={id} path={path} kinds={kinds} />
      </div>
      {general.map(({ message }) => (
        <Text key={message} size="sm" c="red" px="md">
          {message}
        </Text>
      ))}
      <ScopeContext.Provider value={scope}>
        <SampleContext.Provider value={sample}>
          <Tabs value={tab} onChange={setTab} keepMounted={false} className={classes.tabs}>
            <Tabs.List px="md">
              <Tabs.Tab value="settings">Settings</Tabs.Tab>
              <Tabs.Tab value="test">Test</Tabs.Tab>
              <Tabs.Tab value="policies">Retries and errors</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="settings" className={classes.body}>
              {kind?.description && (
                <Text size="sm" c="dimmed" mb="md">
                  {kind.description}
                </Text>
              )}
              {node.kind === "approval" && <ApprovalPreviewButton node={node} />}
              {kind && plan && (
                <ConfigForm
                  key={path}
                  plan={plan}
                  value={config ?? {}}
                  defaults={kind.config_defaults}
                  faults={faults}
                  prefix="with."
                  onChange={(settings) => change({ with: settings })}
                />
              )}
              <NodeConnections path={path} ports={portsOf(node, kind)} kinds={kinds} />
            </Tabs.Panel>
            <Tabs.Panel value="test" className={classes.body}>
              <NodeTest
                path={path}
                node={node}
                ports={portsOf(node, kind)}
                onRunFrom={() => onRunFrom(path)}
              />
            </Tabs.Panel>
            <Tabs.Panel value="policies" className={classes.body}>
              <ConfigForm
                key={path}
                plan={policies}
                value={rest}
                defaults={policyDefaults(kind)}
                faults={faults}
                prefix=""
                onChange={(settings) =>
                  edit(
                    (document) =>
                      updateNode(document, path, kinds, (before) => withPolicies(before, settings)),
                    path,
                  )
                }
              />
            </Tabs.Panel>
          </Tabs>
        </SampleContext.Provider>
      </ScopeContext.Provider>
    </aside>
  );
}

/** The tab at hand: what a step gave, if a test is watched. A fault that somebody jumps to brings its own. */
function useTab(path: string) {
  const store = useRunStore();
  const [tab, setTab] = useState<string | null>(() =>
    stepOf(store.getState(), path) === undefined ? "settings" : "test",
  );
  const jump = useEditor((editor) => editor.jump);
  useEffect(() => {
    if (jump?.of !== "step") return;
    setTab(jump.field.startsWith("with") ? "settings" : "policies");
    return goToField(jump.field);
  }, [jump]);
  return [tab, setTab] as const;
}

const USUAL = { join: "all", on_error: "fail" };

/** What counts where a node says nothing. */
function policyDefaults(kind: NodeKind | undefined): Record<string, unknown> {
  return kind ? { ...USUAL, retry: kind.retry } : USUAL;
}

interface HeaderProps {
  path: string;
  title: string;
  icon: string | undefined;
  kinds: Kinds;
}

function Header({ path, title, icon, kinds }: HeaderProps) {
  return (
    <header className={classes.header}>
      <KindIcon name={icon} />
      <Text fw={600} className={classes.title}>
        {title}
      </Text>
      <Tooltip label="Duplicate">
        <ActionIcon aria-label="Duplicate" onClick={() => duplicate([path], kinds)}>
          <IconCopy size={16} />
        </ActionIcon>
      </Tooltip>
      <MoveMenu steps={[path]} kinds={kinds} />
      <Tooltip label="Delete">
        <ActionIcon
          aria-label="Delete"
          onClick={() => edit((document) => removeNodes(document, [path], kinds))}
        >
          <IconTrash size={16} />
        </ActionIcon>
      </Tooltip>
      <ActionIcon aria-label="Close" onClick={() => select([])}>
        <IconX size={17} />
      </ActionIcon>
    </header>
  );
}

function cleaned(node: DocumentNode): DocumentNode {
  const { name, ...rest } = node;
  return name ? node : rest;
}

function withPolicies(
  { id, kind, name, description, with: config }: DocumentNode,
  policies: Record<string, unknown>,
): DocumentNode {
  return {
    id,
    kind,
    ...(name ? { name } : {}),
    ...(description ? { description } : {}),
    with: config ?? {},
    ...policies,
  };
}
