import { Badge, Button, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { deleteSecretStore, testSecretStore } from "@/api/generated/credentials";
import type { SecretStore } from "@/api/generated/perdure.schemas";
import { ErrorPanel } from "@/components/error-panel";
import { ConfirmDialog } from "@/components/form/confirm-dialog";
import { LoadingRows } from "@/components/loading";
import { plural } from "@/lib/format";
import { Section } from "../section";
import classes from "../settings.module.css";
import { useChange } from "../use-change";
import { storeKey, storesQuery } from "./queries";
import { StoreForm } from "./store-form";

/** Vaults of the company, from which values of credentials are read. */
export function StoresSection({ edits }: { edits: boolean }) {
  const stores = useQuery(storesQuery);
  const [creating, create] = useDisclosure(false);
  return (
    <Section
      title="Vaults"
      lead="Credentials can have their values in a HashiCorp Vault: they are read when a step needs them, and never stored here."
      actions={
        edits && (
          <Button variant="default" leftSection={<IconPlus size={16} />} onClick={create.open}>
            New vault
          </Button>
        )
      }
    >
      {stores.isError ? (
        <ErrorPanel error={stores.error} onRetry={() => void stores.refetch()} />
      ) : stores.isPending ? (
        <LoadingRows rows={2} />
      ) : stores.data.items.length === 0 ? (
        <div className={classes.lead}>None yet: all values are kept here, encrypted.</div>
      ) : (
        <ul className={classes.list} aria-label="Vaults">
          {stores.data.items.map((store) => (
            <StoreRow key={store.id} store={store} edits={edits} />
          ))}
        </ul>
      )}
      <Modal opened={creating} onClose={create.close} title="New vault" size="lg">
        <StoreForm onClose={create.close} />
      </Modal>
    </Section>
  );
}

function StoreRow({ store, edits }: { store: SecretStore; edits: boolean }) {
  const [editing, edit] = useDisclosure(false);
  const [deleting, dialog] = useDisclosure(false);
  const { id, name, settings } = store;
  const test = useChange({
    run: () => testSecretStore(id),
    refresh: [],
    done: () => `${name} lets us in`,
    failed: `${name} cannot be used`,
  });
  const remove = useChange({
    run: () => deleteSecretStore(id),
    refresh: [storeKey],
    done: () => `${name} was forgotten`,
    after: dialog.close,
  });
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>{name}</div>
        <div className={classes.detail}>
          {settings.address}
          {settings.namespace && `, namespace ${settings.namespace}`},{" "}
          {plural(store.credentials, "credential")}
        </div>
      </div>
      {store.is_default && <Badge tt="none">Default</Badge>}
      {edits && (
        <>
          <Button
            variant="subtle"
            size="compact-sm"
            loading={test.isPending}
            onClick={() => test.mutate(undefined)}
            aria-label={`Test ${name}`}
          >
            Test
          </Button>
          <Button variant="subtle" size="compact-sm" onClick={edit.open} aria-label={`Change ${name}`}>
            Change
          </Button>
          <Button
            variant="subtle"
            color="red"
            size="compact-sm"
            onClick={dialog.open}
            aria-label={`Delete ${name}`}
          >
            Delete
          </Button>
        </>
      )}
      <Modal opened={editing} onClose={edit.close} title={`Change ${name}`} size="lg">
        <StoreForm store={store} onClose={edit.close} />
      </Modal>
      <ConfirmDialog
        opened={deleting}
        onClose={dialog.close}
        title={`Forget ${name}?`}
        action="Forget it"
        onConfirm={() => remove.mutate(undefined)}
        pending={remove.isPending}
        error={remove.error}
      >
        Nothing changes in the vault itself. Only possible while no credential has its value there.
      </ConfirmDialog>
    </li>
  );
}
