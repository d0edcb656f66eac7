import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlug, IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { may, meQuery } from "@/api/queries/account";
import { EmptyState } from "@/components/empty-state";
import { PagedList } from "../paged-list";
import { Section } from "../section";
import { AppsSection } from "./apps-section";
import { ConnectionDialog } from "./connection-dialog";
import { ConnectionRow } from "./connection-row";
import { connectionsQuery } from "./queries";

/** Accounts elsewhere, through which steps and agents act. */
export function ConnectionsPage() {
  const { data: me } = useQuery(meQuery);
  const connections = useInfiniteQuery(connectionsQuery);
  const [creating, create] = useDisclosure(false);
  const edits = may(me, "credentials:edit");
  const add = edits && (
    <Button leftSection={<IconPlus size={16} />} onClick={create.open}>
      New connection
    </Button>
  );
  const none = connections.data?.pages[0]?.items.length === 0;
  return (
    <>
      <Section
        title="Connections"
        lead="Accounts in Slack, Google, Microsoft, GitHub and others. Steps and agents call their actions; neither they nor a model ever see a token."
        actions={none ? null : add}
      >
        <PagedList
          query={connections}
          label="Connections"
          empty={
            <EmptyState icon={IconPlug} title="Nothing is connected yet" action={add}>
              Connect an account once, and every workflow that you allow can post messages, send mails or open
              issues with it.
            </EmptyState>
          }
          row={(connection) => <ConnectionRow key={connection.id} connection={connection} edits={edits} />}
        />
      </Section>
      <AppsSection edits={edits} />
      <ConnectionDialog opened={creating} onClose={create.close} />
    </>
  );
}
