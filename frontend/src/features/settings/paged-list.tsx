import { Button } from "@mantine/core";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorPanel } from "@/components/error-panel";
import { LoadingRows } from "@/components/loading";
import classes from "./settings.module.css";

interface PageOf<Item> {
  items: Item[];
  next_cursor: string | null;
}

interface Props<Item> {
  query: UseInfiniteQueryResult<InfiniteData<PageOf<Item>>>;
  label: string;
  /** Said where there is none. */
  empty: ReactNode;
  row: (item: Item) => ReactNode;
}

/** A list that is read page by page. */
export function PagedList<Item>({ query, label, empty, row }: Props<Item>) {
  if (query.isError) return <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />;
  if (query.isPending) return <LoadingRows rows={3} />;
  const items = query.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <div className={classes.lead}>{empty}</div>;
  return (
    <>
      <ul className={classes.list} aria-label={label}>
        {items.map(row)}
      </ul>
      {query.hasNextPage && (
        <Button
          variant="default"
          mt="sm"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          Show more
        </Button>
      )}
    </>
  );
}
