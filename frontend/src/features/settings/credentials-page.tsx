import { Badge, Button, Code, Group, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Credential, CredentialType } from "@/api/generated/perdure.schemas";
import { may, meQuery } from "@/api/queries/account";
import { Timestamp } from "@/components/timestamp";
import { CredentialDialog } from "./credential-dialog";
import { DeleteCredentialDialog } from "./delete-credential-dialog";
import { PagedList } from "./paged-list";
import { credentialsQuery, credentialTypesQuery } from "./queries";
import { Section } from "./section";
import classes from "./settings.module.css";
import { StoresSection } from "./stores/stores-section";
import { TestCredentialDialog } from "./test-credential-dialog";

/** Secrets that steps use and nobody sees again. */
export function CredentialsPage() {
  const { data: me } = useQuery(meQuery);
  const { data: types } = useQuery(credentialTypesQuery);
  const credentials = useInfiniteQuery(credentialsQuery);
  const [creating, create] = useDisclosure(false);
  const edits = may(me, "credentials:edit");
  return (
    <>
      <Section
        title="Credentials"
        lead="Secrets that workflows name and steps fill in. They are stored encrypted; nobody is shown one again, no model learns one."
        actions={
          edits && (
            <Button leftSection={<IconPlus size={16} />} onClick={create.open}>
              New credential
            </Button>
          )
        }
      >
        <PagedList
          query={credentials}
          label="Credentials"
          empty="No credential yet. Add the key of a model provider or of a service that your workflows call."
          row={(credential) => (
            <CredentialRow
              key={credential.id}
              credential={credential}
              type={types?.items.find(({ name }) => name === credential.type)}
              edits={edits}
            />
          )}
        />
        <CredentialDialog opened={creating} onClose={create.close} types={types?.items ?? []} />
      </Section>
      <StoresSection edits={edits} />
    </>
  );
}

interface RowProps {
  credential: Credential;
  type: CredentialType | undefined;
  edits: boolean;
}

function CredentialRow({ credential, type, edits }: RowProps) {
  const [doing, setDoing] = useState<"replace" | "test" | "delete" | null>(null);
  const close = () => setDoing(null);
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <Group gap="xs">
          <span className={classes.name}>{credential.name}</span>
          {credential.hint && <Code>…{credential.hint}</Code>}
          {credential.source && <Code>vault: {credential.source.path}</Code>}
        </Group>
        <div className={classes.detail}>
          {credential.description || scopeOf(credential)} {" · "}
          {credential.last_used_at ? (
            <>
              used <Timestamp at={credential.last_used_at} />
            </>
          ) : (
            "not used yet"
          )}
        </div>
      </div>
      <Badge color="gray" tt="none">
        {type?.title ?? credential.type}
      </Badge>
      {edits && (
        <Menu>
          <Menu.Target>
            <Button variant="subtle" color="gray" px={8} aria-label={`Actions of ${credential.name}`}>
              <IconDots size={16} />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => setDoing("test")}>Test</Menu.Item>
            <Menu.Item onClick={() => setDoing("replace")} disabled={!type}>
              Replace the value
            </Menu.Item>
            <Menu.Item color="red" onClick={() => setDoing("delete")}>
              Delete
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
      {type && (
        <CredentialDialog
          opened={doing === "replace"}
          onClose={close}
          types={[type]}
          credential={credential}
        />
      )}
      <TestCredentialDialog credential={credential} opened={doing === "test"} onClose={close} />
      <DeleteCredentialDialog credential={credential} opened={doing === "delete"} onClose={close} />
    </li>
  );
}

function scopeOf({ workflows, hosts }: Credential): string {
  const who = workflows === null ? "all workflows" : workflows.join(", ");
  return hosts === null ? `for ${who}` : `for ${who}, to ${hosts.join(", ")}`;
}
