import { Badge, Button } from "@mantine/core";
import { IconDevices } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { SessionSummary } from "@/api/generated/perdure.schemas";
import { endSession, logoutEverywhere } from "@/api/generated/sign-in";
import { ErrorPanel } from "@/components/error-panel";
import { LoadingRows } from "@/components/loading";
import { Timestamp } from "@/components/timestamp";
import { deviceName } from "./device-name";
import { sessionsQuery, settingsKeys } from "./queries";
import { Section } from "./section";
import classes from "./settings.module.css";
import { useChange } from "./use-change";

/** The devices on which one is signed in. */
export function SessionsSection() {
  const sessions = useQuery(sessionsQuery);
  const endOthers = useChange({
    run: () => logoutEverywhere({ keep_this: true }),
    refresh: [settingsKeys.sessions],
    done: () => "All other devices are signed out",
    failed: "The other devices stay signed in",
  });
  const items = sessions.data?.items ?? [];
  return (
    <Section
      title="Devices"
      lead="Where you are signed in. Sign out what you do not know, and change your password."
      actions={
        items.length > 1 && (
          <Button variant="default" loading={endOthers.isPending} onClick={() => endOthers.mutate(undefined)}>
            Sign out all others
          </Button>
        )
      }
    >
      {sessions.isPending && <LoadingRows rows={2} />}
      {sessions.isError && <ErrorPanel error={sessions.error} />}
      {items.length > 0 && (
        <ul className={classes.list} aria-label="Devices">
          {items.map((session) => (
            <Device key={session.id} session={session} />
          ))}
        </ul>
      )}
    </Section>
  );
}

interface Props {
  session: SessionSummary;
}

function Device({ session }: Props) {
  const end = useChange({
    run: () => endSession(session.id),
    refresh: [settingsKeys.sessions],
    done: () => "The device is signed out",
    failed: "The device stays signed in",
  });
  const name = deviceName(session.user_agent);
  return (
    <li className={classes.row}>
      <IconDevices size={18} stroke={1.6} aria-hidden />
      <div className={classes.what}>
        <div className={classes.name}>{name}</div>
        <div className={classes.detail}>
          {session.address}, used <Timestamp at={session.last_used_at} />
        </div>
      </div>
      {session.current ? (
        <Badge color="green" tt="none">
          This device
        </Badge>
      ) : (
        <Button
          variant="subtle"
          size="compact-sm"
          color="red"
          loading={end.isPending}
          onClick={() => end.mutate(undefined)}
          aria-label={`Sign out ${name}`}
        >
          Sign out
        </Button>
      )}
    </li>
  );
}
