import { Button, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { deleteConnectionApp } from "@/api/generated/connections";
import type { ConnectionApp } from "@/api/generated/perdure.schemas";
import { ErrorPanel } from "@/components/error-panel";
import { ConfirmDialog } from "@/components/form/confirm-dialog";
import { LoadingRows } from "@/components/loading";
import { Section } from "../section";
import classes from "../settings.module.css";
import { useChange } from "../use-change";
import { AppForm } from "./app-form";
import { appsQuery, connectionKeys } from "./queries";

/** The OAuth clients that a workspace has made at providers. */
export function AppsSection({ edits }: { edits: boolean }) {
  const apps = useQuery(appsQuery);
  const [creating, create] = useDisclosure(false);
  return (
    <Section
      title="OAuth clients"
      lead="What a provider knows this workspace as. Make one there, and enter its id and secret here; the operator may also have some for everybody."
      actions={
        edits && (
          <Button variant="default" leftSection={<IconPlus size={16} />} onClick={create.open}>
            New OAuth client
          </Button>
        )
      }
    >
      {apps.isError ? (
        <ErrorPanel error={apps.error} onRetry={() => void apps.refetch()} />
      ) : apps.isPending ? (
        <LoadingRows rows={2} />
      ) : apps.data.items.length === 0 ? (
        <div className={classes.lead}>None of its own yet.</div>
      ) : (
        <ul className={classes.list} aria-label="OAuth clients">
          {apps.data.items.map((app) => (
            <AppRow key={app.id} app={app} edits={edits} />
          ))}
        </ul>
      )}
      <Modal opened={creating} onClose={create.close} title="New OAuth client" size="lg">
        <AppForm onClose={create.close} />
      </Modal>
    </Section>
  );
}

function AppRow({ app, edits }: { app: ConnectionApp; edits: boolean }) {
  const [deleting, dialog] = useDisclosure(false);
  const [replacing, replace] = useDisclosure(false);
  const remove = useChange({
    run: () => deleteConnectionApp(app.id),
    refresh: [connectionKeys.apps],
    done: () => `${app.name} was deleted`,
    after: dialog.close,
  });
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>{app.name}</div>
        <div className={classes.detail}>
          {app.provider}, {app.client_id}
          {!app.has_secret && ", a public client"}
        </div>
      </div>
      {edits && (
        <>
          <Button
            variant="subtle"
            size="compact-sm"
            onClick={replace.open}
            aria-label={`Replace the secret of ${app.name}`}
          >
            Replace the secret
          </Button>
          <Button
            variant="subtle"
            color="red"
            size="compact-sm"
            onClick={dialog.open}
            aria-label={`Delete ${app.name}`}
          >
            Delete
          </Button>
        </>
      )}
      <Modal opened={replacing} onClose={replace.close} title={`New secret of ${app.name}`}>
        <AppForm app={app} onClose={replace.close} />
      </Modal>
      <ConfirmDialog
        opened={deleting}
        onClose={dialog.close}
        title={`Delete ${app.name}?`}
        action="Delete"
        onConfirm={() => remove.mutate(undefined)}
        pending={remove.isPending}
        error={remove.error}
      >
        Only possible while no connection needs it to be renewed and revoked.
      </ConfirmDialog>
    </li>
  );
}
