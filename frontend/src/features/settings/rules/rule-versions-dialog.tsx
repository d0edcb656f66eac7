import { Badge, Code, Modal, Stack, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Rule, RuleVersion } from "@/api/generated/perdure.schemas";
import { ErrorPanel } from "@/components/error-panel";
import { LineDiff } from "@/components/line-diff";
import { LoadingRows } from "@/components/loading";
import { Timestamp } from "@/components/timestamp";
import { ruleVersionsQuery } from "../queries";
import classes from "../settings.module.css";
import { contentOf } from "./rule-words";

interface Props {
  rule: Rule;
  opened: boolean;
  onClose: () => void;
}

/** All that a rule has said: who changed it, when, why, and what. */
export function RuleVersionsDialog({ rule, opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Versions of ${rule.name}`} size="lg">
      <Versions rule={rule} />
    </Modal>
  );
}

function Versions({ rule }: Pick<Props, "rule">) {
  const versions = useQuery(ruleVersionsQuery(rule.id));
  if (versions.isError) return <ErrorPanel error={versions.error} onRetry={() => void versions.refetch()} />;
  if (versions.isPending) return <LoadingRows rows={2} />;
  const { items } = versions.data;
  return (
    <Stack>
      <ol className={classes.list} aria-label="Versions">
        {items.map((version, index) => (
          <VersionRow key={version.version} version={version} before={items[index + 1]} />
        ))}
      </ol>
    </Stack>
  );
}

interface RowProps {
  version: RuleVersion;
  /** The one that it replaced. */
  before: RuleVersion | undefined;
}

function VersionRow({ version, before }: RowProps) {
  const [opened, setOpened] = useState(false);
  return (
    <li className={classes.row}>
      <Badge color="gray" tt="none">
        v{version.version}
      </Badge>
      <div className={classes.what}>
        <div>
          <b className={classes.name}>{version.author}</b> {before ? "changed it" : "wrote it"}{" "}
          <Timestamp at={version.created_at} />
        </div>
        <div className={classes.detail}>{version.note || <Code>{version.expression}</Code>}</div>
      </div>
      {before && (
        <UnstyledButton
          className={classes.link}
          onClick={() => setOpened(!opened)}
          aria-expanded={opened}
          aria-label={`Changes of version ${version.version}`}
        >
          Changes
        </UnstyledButton>
      )}
      {opened && before && (
        <LineDiff
          label={`Changes of version ${version.version}`}
          before={contentOf(before)}
          after={contentOf(version)}
        />
      )}
    </li>
  );
}
