import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBooks, IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { KnowledgeBase } from "@/api/generated/perdure.schemas";
import { may, meQuery } from "@/api/queries/account";
import { basesQuery } from "@/api/queries/knowledge";
import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { LoadingRows } from "@/components/loading";
import { Page } from "@/components/page";
import { Timestamp } from "@/components/timestamp";
import { plural } from "@/lib/format";
import { CreateBaseDialog } from "./create-base-dialog";
import classes from "./knowledge.module.css";
import { Places } from "./places";

/** All knowledge bases. */
export function KnowledgePage() {
  const { data: me } = useQuery(meQuery);
  const [creating, create] = useDisclosure(false);
  const edits = may(me, "workflows:edit");
  return (
    <Page
      title="Knowledge"
      actions={
        edits && (
          <Button leftSection={<IconPlus size={16} />} onClick={create.open}>
            New knowledge base
          </Button>
        )
      }
    >
      <Places />
      <Listed onCreate={edits ? create.open : null} />
      <CreateBaseDialog opened={creating} onClose={create.close} />
    </Page>
  );
}

interface Props {
  /** Begins a knowledge base; null for who may not. */
  onCreate: (() => void) | null;
}

function Listed({ onCreate }: Props) {
  const bases = useInfiniteQuery(basesQuery);
  if (bases.isPending) return <LoadingRows />;
  if (bases.isError) return <ErrorPanel error={bases.error} onRetry={() => void bases.refetch()} />;
  const items = bases.data.pages.flatMap((page) => page.items);
  if (items.length === 0)
    return (
      <EmptyState
        icon={IconBooks}
        title="No knowledge base yet"
        action={onCreate && <Button onClick={onCreate}>Make the first one</Button>}
      >
        A knowledge base holds documents: PDF, Word, HTML, Markdown, text. They are cut into pieces that
        agents and workflows find by meaning and by words, and cite.
      </EmptyState>
    );
  return (
    <>
      <ul className={classes.list} aria-label="Knowledge bases">
        {items.map((base) => (
          <BaseRow key={base.slug} base={base} />
        ))}
      </ul>
      {bases.hasNextPage && (
        <Button variant="default" onClick={() => void bases.fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  );
}

function BaseRow({ base }: { base: KnowledgeBase }) {
  const { slug, name, description, documents, ready, chunks, updated_at } = base;
  return (
    <li className={classes.row}>
      <span className={classes.icon}>
        <IconBooks size={19} stroke={1.6} aria-hidden />
      </span>
      <div className={classes.what}>
        <Link to="/knowledge/$slug" params={{ slug }} className={`${classes.name} ${classes.whole}`}>
          {name}
        </Link>
        <div className={classes.detail}>{description || slug}</div>
      </div>
      <div className={classes.detail}>
        {plural(documents, "document")}
        {ready < documents && ` (${documents - ready} not ready)`} · {plural(chunks, "piece")}
      </div>
      <div className={classes.detail}>
        <Timestamp at={updated_at} />
      </div>
    </li>
  );
}
