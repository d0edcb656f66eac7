import { ActionIcon, Alert, Badge, Button, Code, Group, Menu, Switch } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconDots } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { deleteApprovalRule, disableApprovalRule, enableApprovalRule } from "@/api/generated/approval-rules";
import type { Rule } from "@/api/generated/perdure.schemas";
import { ConfirmDialog } from "@/components/form/confirm-dialog";
import { Timestamp } from "@/components/timestamp";
import { useNow } from "@/lib/clock";
import { plural, shortId } from "@/lib/format";
import { settingsKeys } from "../queries";
import classes from "../settings.module.css";
import { useChange } from "../use-change";
import { RuleDialog } from "./rule-dialog";
import { RuleVersionsDialog } from "./rule-versions-dialog";
import { answerWords, scopeWords } from "./rule-words";

interface Props {
  rule: Rule;
  manages: boolean;
  /** Ways to another place in the order; those of runs have no order. */
  onMove?: { up: (() => void) | null; down: (() => void) | null };
}

/** A rule: what it says, what it has done, and what can be done with it. */
export function RuleRow({ rule, manages, onMove }: Props) {
  const [doing, setDoing] = useState<Doing | null>(null);
  const close = () => setDoing(null);
  const now = useNow();
  const expired = rule.expires_at !== null && Date.parse(rule.expires_at) <= now;
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <Group gap="xs">
          <span className={classes.name}>{rule.name}</span>
          <Badge color="gray" tt="none">
            v{rule.version}
          </Badge>
          {expired && <Badge color="yellow">Expired</Badge>}
        </Group>
        <div className={classes.detail}>
          {answerWords(rule.decision)} {scopeWords(rule.scope)} if <Code>{rule.expression}</Code>
        </div>
        <div className={classes.detail}>
          <Facts rule={rule} expired={expired} />
        </div>
      </div>
      <Group gap="xs" wrap="nowrap">
        {manages && onMove && <Move rule={rule} {...onMove} />}
        <RuleSwitch rule={rule} manages={manages} />
        <RuleMenu rule={rule} manages={manages} onChoose={setDoing} />
      </Group>
      {rule.last_error && (
        <Alert color="red" p="xs" w="100%" title="It failed, so a person was asked">
          {rule.last_error.message} (<Timestamp at={rule.last_error.at} />
          {", "}
          <Link to="/inbox" search={{ request: rule.last_error.approval_id }}>
            the request
          </Link>
          )
        </Alert>
      )}
      <RuleDialog rule={rule} opened={doing === "edit"} onClose={close} />
      <RuleVersionsDialog rule={rule} opened={doing === "versions"} onClose={close} />
      <DeleteRule rule={rule} opened={doing === "delete"} onClose={close} />
    </li>
  );
}

type Doing = "edit" | "versions" | "delete";

function RuleMenu({
  rule,
  manages,
  onChoose,
}: Pick<Props, "rule" | "manages"> & { onChoose: (what: Doing) => void }) {
  return (
    <Menu>
      <Menu.Target>
        <Button variant="subtle" color="gray" px={8} aria-label={`Actions of ${rule.name}`}>
          <IconDots size={16} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {manages && <Menu.Item onClick={() => onChoose("edit")}>Edit and try</Menu.Item>}
        <Menu.Item onClick={() => onChoose("versions")}>Versions</Menu.Item>
        {manages && (
          <Menu.Item color="red" onClick={() => onChoose("delete")}>
            Delete
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function Facts({ rule, expired }: { rule: Rule; expired: boolean }) {
  return (
    <>
      {plural(rule.decided, "request")} answered
      {rule.sample > 0 && `, ${rule.sample} % go to a person to check (${rule.sampled} so far)`}
      {rule.expires_at !== null && !expired && (
        <>
          , ends <Timestamp at={rule.expires_at} />
        </>
      )}
      {rule.answers_for !== null && `, in the place of ${rule.answers_for}`}
      {rule.run_id !== null && (
        <>
          , for run{" "}
          <Link to="/runs/$runId" params={{ runId: rule.run_id }}>
            {shortId(rule.run_id)}
          </Link>
        </>
      )}
    </>
  );
}

interface MoveProps {
  rule: Rule;
  up: (() => void) | null;
  down: (() => void) | null;
}

function Move({ rule, up, down }: MoveProps) {
  return (
    <Group gap={0}>
      <ActionIcon
        variant="transparent"
        disabled={up === null}
        onClick={up ?? undefined}
        aria-label={`Ask ${rule.name} earlier`}
      >
        <IconArrowUp size={16} />
      </ActionIcon>
      <ActionIcon
        variant="transparent"
        disabled={down === null}
        onClick={down ?? undefined}
        aria-label={`Ask ${rule.name} later`}
      >
        <IconArrowDown size={16} />
      </ActionIcon>
    </Group>
  );
}

function RuleSwitch({ rule, manages }: Pick<Props, "rule" | "manages">) {
  const turn = useChange({
    run: (on: boolean) => (on ? enableApprovalRule(rule.id) : disableApprovalRule(rule.id)),
    refresh: [settingsKeys.rules],
    failed: "The rule stays as it is",
  });
  return (
    <Switch
      aria-label={`${rule.name} is on`}
      checked={turn.isPending ? turn.variables : rule.enabled}
      disabled={!manages}
      onChange={(event) => turn.mutate(event.currentTarget.checked)}
    />
  );
}

interface DeleteProps {
  rule: Rule;
  opened: boolean;
  onClose: () => void;
}

function DeleteRule({ rule, opened, onClose }: DeleteProps) {
  const remove = useChange({
    run: () => deleteApprovalRule(rule.id),
    refresh: [settingsKeys.rules],
    done: () => `${rule.name} was deleted`,
    after: onClose,
  });
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={`Delete ${rule.name}?`}
      action="Delete"
      onConfirm={() => remove.mutate(undefined)}
      pending={remove.isPending}
      error={remove.error}
    >
      It answers nothing more. What it has answered stays answered, with the version that did it.
    </ConfirmDialog>
  );
}
