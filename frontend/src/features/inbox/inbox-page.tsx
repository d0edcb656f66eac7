import { Title } from "@mantine/core";
import { useDocumentTitle, useHotkeys } from "@mantine/hooks";
import { IconInbox } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { approvalsQuery } from "@/api/queries/approvals";
import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { LoadingRows } from "@/components/loading";
import { BulkBar } from "./bulk-bar";
import classes from "./inbox-page.module.css";
import { InboxTools } from "./inbox-tools";
import { InboxViews } from "./inbox-view-list";
import { filterOf, type InboxSearch, viewOf } from "./inbox-views";
import { RequestDetail } from "./request-detail";
import { RequestList } from "./request-list";
import { useFirstRequest } from "./use-first-request";
import { useSelection } from "./use-selection";

/** Everything that waits for a person: views, list, request. */
export function InboxPage() {
  useDocumentTitle("Inbox · Perdure");
  const search = useSearch({ from: "/shell/inbox" });
  const navigate = useNavigate({ from: "/inbox" });
  const view = viewOf(search.view);
  const list = useInfiniteQuery(approvalsQuery(filterOf(search)));
  const requests = list.data?.pages.flatMap((page) => page.items) ?? [];
  const selection = useSelection(requests);
  const chosen = search.request ?? null;
  const open = (request: string | null, replace = chosen !== null && request !== null) =>
    void navigate({ search: (before) => ({ ...before, request: request ?? undefined }), replace });
  useFirstRequest(view.name, requests, list.isSuccess, chosen, (id) => open(id, true));
  const step = (by: number) => {
    const index = requests.findIndex((request) => request.id === chosen);
    const next = requests[Math.min(requests.length - 1, Math.max(0, index + by))];
    if (next) open(next.id);
  };
  useHotkeys([
    ["j", () => step(1)],
    ["k", () => step(-1)],
    ["x", () => chosen !== null && selection.toggle(chosen)],
    ["Escape", () => open(null)],
  ]);
  /** After a decision the next one in line is shown. */
  const goOn = (decided: string) => {
    const index = requests.findIndex((request) => request.id === decided);
    open((requests[index + 1] ?? requests[index - 1])?.id ?? null);
  };
  const narrow = (changed: InboxSearch) =>
    void navigate({ search: { ...changed, request: search.request }, replace: true });
  return (
    <div className={classes.page} data-open={chosen !== null || undefined}>
      <section className={classes.views}>
        <Title order={1}>Inbox</Title>
        <InboxViews current={view.name} />
      </section>
      <section className={classes.list} aria-label={view.label}>
        <header className={classes.header}>
          <InboxTools search={search} onChange={narrow} />
        </header>
        {list.isError && <ErrorPanel error={list.error} onRetry={() => void list.refetch()} />}
        {list.isPending && <LoadingRows rows={5} height={64} />}
        {list.isSuccess && requests.length === 0 && (
          <NothingWaits waiting={view.name === "mine" && !search.q && !search.priority} />
        )}
        {requests.length > 0 && (
          <RequestList
            requests={requests}
            chosen={chosen}
            selected={selection.ids}
            onChoose={(id) => open(id)}
            onSelect={selection.toggle}
            onMore={list.hasNextPage ? () => void list.fetchNextPage() : null}
          />
        )}
        {selection.selected.length > 0 && <BulkBar selected={selection.selected} onClear={selection.clear} />}
      </section>
      {chosen !== null && (
        <RequestDetail
          key={chosen}
          id={chosen}
          onClose={() => open(null)}
          onDecided={goOn}
          onReopened={(id) => open(id)}
        />
      )}
      {chosen === null && requests.length > 0 && (
        <div className={classes.hint}>
          <EmptyState icon={IconInbox} title="Choose a request">
            Move with j and k, approve with a, reject with r. Press ? for all keys.
          </EmptyState>
        </div>
      )}
    </div>
  );
}

interface NothingProps {
  waiting: boolean;
}

function NothingWaits({ waiting }: NothingProps) {
  if (!waiting) {
    return (
      <EmptyState icon={IconInbox} title="Nothing here">
        No request fits this view.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={IconInbox} title="Nothing waits for you">
      When a run reaches an approval, it asks here, and waits for as long as it takes. A step that has failed
      and needs a person to say how to go on asks here too.
    </EmptyState>
  );
}
