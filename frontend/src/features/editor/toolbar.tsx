import { ActionIcon, Button, Group, Tooltip } from "@mantine/core";
import {
  IconAdjustments,
  IconArrowBackUp,
  IconArrowForwardUp,
  IconCode,
  IconHistory,
  IconPlayerPlay,
  IconSitemap,
} from "@tabler/icons-react";
import { useStore } from "zustand";
import { LinkAnchor, LinkButton } from "@/components/links";
import { withoutLayout } from "./document-edits";
import { edit, redo, undo, useEditor } from "./editor-store";
import { FaultList } from "./fault-list";
import { SaveIndicator } from "./save-indicator";
import classes from "./toolbar.module.css";

interface Props {
  byHand: boolean;
  yaml: boolean;
  onYaml: () => void;
  onSettings: () => void;
  onRun: () => void;
  onPublish: () => void;
  onSave: () => void;
}

/** What is done with the document as a whole. */
export function Toolbar({ byHand, yaml, onYaml, onSettings, onRun, onPublish, onSave }: Props) {
  const slug = useEditor((editor) => editor.slug);
  const name = useEditor((editor) => String(editor.document.name ?? editor.slug));
  const canUndo = useStore(useEditor.temporal, ({ pastStates }) => pastStates.length > 0);
  const canRedo = useStore(useEditor.temporal, ({ futureStates }) => futureStates.length > 0);
  return (
    <header className={classes.bar}>
      <h1 className={classes.name}>
        <LinkAnchor to="/workflows/$slug" params={{ slug }} c="inherit" inherit>
          {name}
        </LinkAnchor>
      </h1>
      <SaveIndicator onRetry={onSave} />
      <Group gap={2} ml="auto" wrap="nowrap">
        <Tool label="Undo (Ctrl Z)" onClick={undo} disabled={!canUndo} icon={<IconArrowBackUp size={18} />} />
        <Tool
          label="Redo (Ctrl Shift Z)"
          onClick={redo}
          disabled={!canRedo}
          icon={<IconArrowForwardUp size={18} />}
        />
        <Tool
          label="Tidy up: let the layout place the steps"
          onClick={() => edit(withoutLayout)}
          disabled={!byHand}
          icon={<IconSitemap size={18} />}
        />
        <Tool label="Settings of the workflow" onClick={onSettings} icon={<IconAdjustments size={18} />} />
        <LinkTool label="History" slug={slug} icon={<IconHistory size={18} />} />
        <Tool label="YAML" onClick={onYaml} pressed={yaml} icon={<IconCode size={18} />} />
      </Group>
      <FaultList />
      <Group gap="xs" wrap="nowrap">
        <Button size="xs" variant="default" leftSection={<IconPlayerPlay size={15} />} onClick={onRun}>
          Test
        </Button>
        <Button size="xs" onClick={onPublish}>
          Publish
        </Button>
      </Group>
    </header>
  );
}

function LinkTool({ label, slug, icon }: { label: string; slug: string; icon: React.ReactNode }) {
  return (
    <Tooltip label={label}>
      <LinkButton
        to="/workflows/$slug/history"
        params={{ slug }}
        aria-label={label}
        variant="subtle"
        color="gray"
        size="compact-sm"
        px={5}
      >
        {icon}
      </LinkButton>
    </Tooltip>
  );
}

interface ToolProps {
  label: string;
  icon: React.ReactNode;
  onClick: () => void;
  disabled?: boolean;
  pressed?: boolean;
}

function Tool({ label, icon, onClick, disabled = false, pressed }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        aria-label={label}
        aria-pressed={pressed}
        variant={pressed ? "light" : "subtle"}
        color={pressed ? "iris" : "gray"}
        disabled={disabled}
        onClick={onClick}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
