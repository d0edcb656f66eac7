import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { chunksQuery } from "@/api/queries/knowledge";
import { ErrorPanel } from "@/components/error-panel";
import { LoadingRows } from "@/components/loading";
import classes from "./knowledge.module.css";

interface Props {
  slug: string;
  documentId: string;
}

/** The pieces that a document was cut into, in their order. */
export function Chunks({ slug, documentId }: Props) {
  const chunks = useInfiniteQuery(chunksQuery(slug, documentId));
  if (chunks.isPending) return <LoadingRows rows={3} />;
  if (chunks.isError) return <ErrorPanel error={chunks.error} onRetry={() => void chunks.refetch()} />;
  const items = chunks.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <p className={classes.detail}>It was not cut into pieces yet.</p>;
  return (
    <>
      <ol className={classes.passages} aria-label="Pieces">
        {items.map(({ position, text, page, heading, embedded }) => (
          <li key={position} className={classes.passage}>
            <div className={classes.cited}>
              <b>{heading ?? `Piece ${position + 1}`}</b>
              <span className={classes.detail}>
                {[page !== null && `p. ${page}`, !embedded && "not found by meaning yet"]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            </div>
            <p className={classes.text}>{text}</p>
          </li>
        ))}
      </ol>
      {chunks.hasNextPage && (
        <Button variant="default" mt="sm" onClick={() => void chunks.fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  );
}
