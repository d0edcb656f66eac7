import { Button, Group, MultiSelect, Switch, TextInput } from "@mantine/core";
import { useDebouncedValue, useDisclosure, useHotkeys } from "@mantine/hooks";
import { IconArrowsSplit2, IconFileImport, IconPlus, IconSearch, IconTemplate } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type Ref, useEffect, useRef, useState } from "react";
import { may, meQuery } from "@/api/queries/account";
import { workflowsQuery } from "@/api/queries/workflows";
import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { LinkButton } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import { Page } from "@/components/page";
import { CreateDialog } from "./create-dialog";
import { useDocumentDrop } from "./document-drop";
import { ImportDialog } from "./import-dialog";
import { type ListFilter, NO_FILTER, queryOf, tagsOf } from "./list-filter";
import classes from "./workflows-page.module.css";
import { WorkflowsTable } from "./workflows-table";

/** All workflows, and the ways to begin another one. */
export function WorkflowsPage() {
  const { begin } = useSearch({ from: "/shell/workflows" });
  const navigate = useNavigate();
  const [creating, create] = useDisclosure(false);
  const [document, setDocument] = useState<string | null>(null);
  useEffect(() => {
    if (begin === undefined) return;
    if (begin === "new") create.open();
    if (begin === "import") setDocument("");
    // Done once: neither a reload nor the way back opens it again.
    void navigate({ to: "/workflows", replace: true });
  }, [begin, create.open, navigate]);
  const { data: me } = useQuery(meQuery);
  const edits = may(me, "workflows:edit");
  useHotkeys(edits ? [["n", create.open]] : []);
  const { over, handlers } = useDocumentDrop(edits && document === null, setDocument);
  const actions = edits && <Actions onCreate={create.open} onImport={() => setDocument("")} />;
  return (
    <Page title="Workflows" actions={actions}>
      <div className={classes.root} {...handlers}>
        <Listed onCreate={edits ? create.open : null} />
        {over && <div className={classes.drop}>Drop it to import the workflow</div>}
      </div>
      <CreateDialog opened={creating} onClose={create.close} />
      <ImportDialog text={document ?? ""} opened={document !== null} onClose={() => setDocument(null)} />
    </Page>
  );
}

interface ListedProps {
  /** Begins a workflow; null for who may not. */
  onCreate: (() => void) | null;
}

function Listed({ onCreate }: ListedProps) {
  const [filter, setFilter] = useState<ListFilter>(NO_FILTER);
  const [settled] = useDebouncedValue(filter, 200);
  const workflows = useInfiniteQuery({
    ...workflowsQuery(queryOf(settled)),
    placeholderData: keepPreviousData,
  });
  const items = workflows.data?.pages.flatMap((page) => page.items) ?? [];
  const addTag = (tag: string) => setFilter({ ...filter, tags: [...new Set([...filter.tags, tag])] });
  const search = useRef<HTMLInputElement>(null);
  useHotkeys([["/", () => search.current?.focus()]]);
  const clear = filter === NO_FILTER ? null : () => setFilter(NO_FILTER);
  if (workflows.isPending) return <LoadingRows />;
  if (workflows.isError) {
    return <ErrorPanel error={workflows.error} onRetry={() => void workflows.refetch()} />;
  }
  if (items.length === 0 && clear === null) return <Nothing onClear={null} onCreate={onCreate} />;
  return (
    <>
      <Filters searchRef={search} filter={filter} onChange={setFilter} known={tagsOf(items)} />
      {items.length === 0 ? (
        <Nothing onClear={clear} onCreate={onCreate} />
      ) : (
        <WorkflowsTable workflows={items} onTag={addTag} />
      )}
      {workflows.hasNextPage && (
        <Button variant="default" onClick={() => void workflows.fetchNextPage()} className={classes.more}>
          Show more
        </Button>
      )}
    </>
  );
}

interface FiltersProps {
  searchRef: Ref<HTMLInputElement>;
  filter: ListFilter;
  onChange: (filter: ListFilter) => void;
  known: string[];
}

function Filters({ searchRef, filter, onChange, known }: FiltersProps) {
  return (
    <Group gap="md">
      <TextInput
        ref={searchRef}
        size="xs"
        w={260}
        aria-label="Search"
        placeholder="Name, description or tag"
        leftSection={<IconSearch size={14} />}
        value={filter.text}
        onChange={(event) => onChange({ ...filter, text: event.currentTarget.value })}
      />
      <MultiSelect
        size="xs"
        miw={150}
        aria-label="Tags"
        placeholder={filter.tags.length === 0 ? "Any tag" : ""}
        data={[...new Set([...known, ...filter.tags])]}
        value={filter.tags}
        onChange={(tags) => onChange({ ...filter, tags })}
        clearable
        clearButtonProps={{ "aria-label": "Any tag" }}
      />
      <Switch
        size="xs"
        label="Archived"
        checked={filter.archived}
        onChange={(event) => onChange({ ...filter, archived: event.currentTarget.checked })}
      />
    </Group>
  );
}

interface ActionsProps {
  onCreate: () => void;
  onImport: () => void;
}

function Actions({ onCreate, onImport }: ActionsProps) {
  return (
    <>
      <Button variant="default" leftSection={<IconFileImport size={16} />} onClick={onImport}>
        Import
      </Button>
      <LinkButton
        to="/templates"
        variant="default"
        leftSection={<IconTemplate size={16} />}
        className={classes.wide}
      >
        Templates
      </LinkButton>
      <Button leftSection={<IconPlus size={16} />} onClick={onCreate}>
        New workflow
      </Button>
    </>
  );
}

interface NothingProps {
  /** Takes the filter away; null where there is none. */
  onClear: (() => void) | null;
  onCreate: (() => void) | null;
}

function Nothing({ onClear, onCreate }: NothingProps) {
  if (onClear) {
    return (
      <EmptyState
        icon={IconSearch}
        title="No workflow fits"
        action={
          <Button variant="default" onClick={onClear}>
            Show all workflows
          </Button>
        }
      >
        None has this in its name, description or tags.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={IconArrowsSplit2}
      title="No workflow yet"
      action={
        onCreate && (
          <Group gap="xs">
            <LinkButton to="/templates">Begin with a template</LinkButton>
            <Button variant="default" onClick={onCreate}>
              Begin with nothing
            </Button>
          </Group>
        )
      }
    >
      A workflow is a drawing of steps: ask a model, call a service, branch, loop, ask a person. Draw one,
      publish it, and each of its runs survives whatever happens to the machines below. You can also drop a
      YAML file here, or paste one.
    </EmptyState>
  );
}
