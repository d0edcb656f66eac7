import { Badge, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { DataKey } from "@/api/generated/perdure.schemas";
import { rotateDataKey } from "@/api/generated/privacy";
import { ErrorPanel } from "@/components/error-panel";
import { LoadingRows } from "@/components/loading";
import { Timestamp } from "@/components/timestamp";
import { Section } from "../section";
import classes from "../settings.module.css";
import { useChange } from "../use-change";
import { dataKeysQuery, privacyKeys } from "./privacy-queries";

interface Props {
  rotates: boolean;
}

/** The keys that encrypt what Temporal keeps of the workspace's runs. */
export function KeysSection({ rotates }: Props) {
  const keys = useQuery(dataKeysQuery);
  const rotate = useChange({
    run: () => rotateDataKey(),
    refresh: [privacyKeys.keys],
    done: () => "A fresh key encrypts from now on",
    failed: "The key was not rotated",
  });
  const encrypts = keys.data?.encrypts ?? false;
  return (
    <Section
      title="Encryption keys"
      lead="Inputs, outputs and errors of runs are encrypted before Temporal sees them. Older keys go on decrypting."
      actions={
        rotates &&
        encrypts && (
          <Button variant="default" loading={rotate.isPending} onClick={() => rotate.mutate(undefined)}>
            Rotate
          </Button>
        )
      }
    >
      {keys.isError && <ErrorPanel error={keys.error} onRetry={() => void keys.refetch()} />}
      {keys.isPending && <LoadingRows rows={2} />}
      {keys.data && !encrypts && (
        <div className={classes.lead}>This installation has no encryption key, so nothing is encrypted.</div>
      )}
      {encrypts && keys.data?.items.length === 0 && (
        <div className={classes.lead}>The first run makes the first key.</div>
      )}
      {keys.data && keys.data.items.length > 0 && (
        <ul className={classes.list} aria-label="Encryption keys">
          {keys.data.items.map((key) => (
            <KeyRow key={key.id} dataKey={key} />
          ))}
        </ul>
      )}
    </Section>
  );
}

interface RowProps {
  dataKey: DataKey;
}

function KeyRow({ dataKey }: RowProps) {
  const state = dataKey.destroyed_at ? "Destroyed" : dataKey.retired_at ? "Decrypts" : "Encrypts";
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>{dataKey.id}</div>
        <div className={classes.detail}>
          Made <Timestamp at={dataKey.created_at} />
        </div>
      </div>
      <Badge color={state === "Encrypts" ? "green" : "gray"} tt="none">
        {state}
      </Badge>
    </li>
  );
}
