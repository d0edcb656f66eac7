import { Button, SegmentedControl, Text, UnstyledButton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { VersionSummary } from "@/api/generated/perdure.schemas";
import { listWorkflowVersions } from "@/api/generated/workflows";
import { workflowKeys } from "@/api/queries/workflows";
import { Timestamp } from "@/components/timestamp";
import classes from "./version-rail.module.css";

export const DRAFT = "draft";

/** What is compared: numbers of versions, or the draft. */
export interface Comparison {
  before: string;
  after: string;
}

interface Props {
  slug: string;
  shown: Comparison;
  onShow: (comparison: Comparison) => void;
}

type Against = "previous" | "draft";

/** The versions, the newest first, to choose what is compared. */
export function VersionRail({ slug, shown, onShow }: Props) {
  const [against, setAgainst] = useState<Against>("previous");
  const pages = useInfiniteQuery({
    queryKey: [...workflowKeys.one(slug), "versions"] as const,
    queryFn: ({ pageParam, signal }) =>
      listWorkflowVersions(slug, { limit: 50, ...(pageParam ? { cursor: pageParam } : {}) }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const versions = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  const newest = versions[0];
  const chosen = shown.after === DRAFT && against === "previous" ? DRAFT : chosenIn(shown, against);
  const show = (version: number, how: Against) => onShow(comparisonOf(version, how));
  const turn = (how: Against) => {
    setAgainst(how);
    const version = chosen === DRAFT ? newest?.version : Number(chosen);
    if (version !== undefined) show(version, how);
  };
  return (
    <nav className={classes.rail} aria-label="Versions">
      <SegmentedControl
        size="xs"
        fullWidth
        aria-label="Compare with"
        value={against}
        onChange={(how) => turn(how as Against)}
        data={[
          { value: "previous", label: "Each change" },
          { value: "draft", label: "To the draft" },
        ]}
      />
      {against === "previous" && newest && (
        <UnstyledButton
          className={classes.version}
          aria-current={chosen === DRAFT || undefined}
          onClick={() => onShow({ before: String(newest.version), after: DRAFT })}
        >
          <b>Draft</b>
          <Text size="xs" c="dimmed">
            Not published yet
          </Text>
        </UnstyledButton>
      )}
      {versions.map((version) => (
        <Entry
          key={version.version}
          version={version}
          current={chosen === String(version.version)}
          // The first one has nothing before it.
          onClick={() => show(version.version, against)}
        />
      ))}
      {pages.hasNextPage && (
        <Button size="xs" variant="subtle" onClick={() => void pages.fetchNextPage()}>
          Earlier versions
        </Button>
      )}
    </nav>
  );
}

function chosenIn({ before, after }: Comparison, against: Against): string {
  return against === "draft" ? before : after;
}

function comparisonOf(version: number, against: Against): Comparison {
  if (against === "draft") return { before: String(version), after: DRAFT };
  return { before: String(Math.max(1, version - 1)), after: String(version) };
}

interface EntryProps {
  version: VersionSummary;
  current: boolean;
  onClick: () => void;
}

function Entry({ version: { version, note, author, created_at }, current, onClick }: EntryProps) {
  return (
    <UnstyledButton className={classes.version} aria-current={current || undefined} onClick={onClick}>
      <b>Version {version}</b>
      {note && (
        <Text size="sm" lineClamp={3}>
          {note}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        {author && `${author}, `}
        <Timestamp at={created_at} />
      </Text>
    </UnstyledButton>
  );
}
