import { ActionIcon } from "@mantine/core";
import { IconBookmark, IconX } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { deleteApprovalView } from "@/api/generated/approvals";
import type { ListCount, SavedView } from "@/api/generated/perdure.schemas";
import { approvalCountsQuery, approvalKeys, approvalViewsQuery } from "@/api/queries/approvals";
import { notifyFailure } from "@/lib/notify";
import classes from "./inbox-view-list.module.css";
import { INBOX_VIEWS, type InboxSearch } from "./inbox-views";

interface Props {
  current: string;
}

/** The views of the inbox, each with how much it holds, and those the person keeps under names. */
export function InboxViews({ current }: Props) {
  const { data: counts } = useQuery(approvalCountsQuery);
  const { data: saved } = useQuery(approvalViewsQuery);
  const shown = INBOX_VIEWS.filter(
    ({ name, always }) => always || name === current || (counts?.views[name]?.count ?? 0) > 0,
  );
  return (
    <nav className={classes.views} aria-label="Views">
      {shown.map(({ name, label, icon: Icon }) => (
        <Link
          key={name}
          to="/inbox"
          search={{ view: name }}
          className={classes.view}
          data-current={name === current || undefined}
          aria-current={name === current ? "true" : undefined}
        >
          <Icon size={15} stroke={1.7} aria-hidden />
          <span className={classes.label}>{label}</span>
          <Count count={counts?.views[name]} />
        </Link>
      ))}
      {saved?.items.map((view) => (
        <Saved key={view.id} view={view} count={counts?.saved[view.id]} />
      ))}
    </nav>
  );
}

function Count({ count }: { count: ListCount | undefined }) {
  if (count === undefined || count.count === 0) return null;
  return (
    <span className={classes.count}>
      {count.count}
      {count.more && "+"}
    </span>
  );
}

interface SavedProps {
  view: SavedView;
  count: ListCount | undefined;
}

function Saved({ view, count }: SavedProps) {
  const client = useQueryClient();
  const forget = useMutation({
    mutationFn: () => deleteApprovalView(view.id),
    onSuccess: () => client.invalidateQueries({ queryKey: approvalKeys.views }),
    onError: (error) => notifyFailure("The view could not be deleted", error),
  });
  return (
    <span className={classes.saved}>
      <Link to="/inbox" search={searchOf(view)} className={classes.view}>
        <IconBookmark size={15} stroke={1.7} aria-hidden />
        <span className={classes.label}>{view.name}</span>
        <Count count={count} />
      </Link>
      <ActionIcon
        size={24}
        color="gray"
        aria-label={`Delete the view ${view.name}`}
        onClick={() => forget.mutate()}
      >
        <IconX size={12} />
      </ActionIcon>
    </span>
  );
}

function searchOf({ filter }: SavedView): InboxSearch {
  const { view, q, sort, priority, tag, workflow } = filter;
  const given = Object.entries({ view, q, sort, priority, tag, workflow });
  return Object.fromEntries(given.filter(([, value]) => typeof value === "string"));
}
