import { Badge, Button, Code } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconKey } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { revokeApiKey } from "@/api/generated/api-keys";
import type { Key } from "@/api/generated/perdure.schemas";
import { ConfirmDialog } from "@/components/form/confirm-dialog";
import { Timestamp } from "@/components/timestamp";
import { plural } from "@/lib/format";
import { CreateKeyDialog } from "./create-key-dialog";
import { PagedList } from "./paged-list";
import { keysQuery, settingsKeys } from "./queries";
import { Section } from "./section";
import classes from "./settings.module.css";
import { useChange } from "./use-change";

/** Keys with which programs call the API. */
export function ApiKeysPage() {
  const keys = useInfiniteQuery(keysQuery);
  const [creating, create] = useDisclosure(false);
  return (
    <Section
      title="API keys"
      lead="Programs call the API with a key. It may do what you choose for it, and never more than whoever made it."
      actions={
        <Button leftSection={<IconKey size={16} />} onClick={create.open}>
          New key
        </Button>
      }
    >
      <PagedList
        query={keys}
        label="API keys"
        empty="No key yet. Make one for each program, so that you can withdraw it alone."
        row={(key) => <KeyRow key={key.id} item={key} />}
      />
      <CreateKeyDialog opened={creating} onClose={create.close} />
    </Section>
  );
}

interface Props {
  item: Key;
}

const COLORS: Record<Key["state"], string> = {
  active: "green",
  expired: "gray",
  revoked: "gray",
  suspended: "yellow",
};

function KeyRow({ item }: Props) {
  const [opened, dialog] = useDisclosure(false);
  const revoke = useChange({
    run: () => revokeApiKey(item.id),
    refresh: [settingsKeys.keys],
    done: () => `The key ${item.name} no longer works`,
    after: dialog.close,
  });
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>{item.name}</div>
        <div className={classes.detail}>
          <Code>{item.prefix}…</Code> {plural(item.scopes.length, "permission")}
          {item.created_by && `, made by ${item.created_by.name}`},{" "}
          {item.last_used_at ? (
            <>
              used <Timestamp at={item.last_used_at} />
            </>
          ) : (
            "never used"
          )}
          {item.expires_at && (
            <>
              , ends <Timestamp at={item.expires_at} />
            </>
          )}
        </div>
      </div>
      <Badge color={COLORS[item.state]} tt="capitalize">
        {item.state}
      </Badge>
      {item.state === "active" && (
        <Button
          variant="subtle"
          color="red"
          size="compact-sm"
          onClick={dialog.open}
          aria-label={`Revoke ${item.name}`}
        >
          Revoke
        </Button>
      )}
      <ConfirmDialog
        opened={opened}
        onClose={dialog.close}
        title={`Revoke ${item.name}?`}
        action="Revoke"
        onConfirm={() => revoke.mutate(undefined)}
        pending={revoke.isPending}
        error={revoke.error}
      >
        Programs that use it are refused at once. A key that was revoked cannot be brought back.
      </ConfirmDialog>
    </li>
  );
}
