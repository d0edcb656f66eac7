import { Anchor, Button, Code, Group, Text, Title } from "@mantine/core";
import { IconCloudOff, IconLock, IconMapOff, IconMoodConfuzed } from "@tabler/icons-react";
import { ApiError, correlationOf, sentenceOf } from "@/api/problem";
import { CopyButton } from "./copy-button";
import classes from "./empty-state.module.css";

interface Props {
  error: unknown;
  onRetry?: () => void;
}

/** In place of what could not be shown: what happened, what to do, and the id to name when asking for help. */
export function ErrorPanel({ error, onRetry }: Props) {
  const status = error instanceof ApiError ? error.status : -1;
  const { title, icon: Icon } = faceOf(status);
  const requestId = correlationOf(error);
  return (
    <div className={classes.root} role="alert">
      <span className={classes.icon}>
        <Icon size={26} stroke={1.5} aria-hidden />
      </span>
      <Title order={2}>{title}</Title>
      <Text c="dimmed" className={classes.text}>
        {sentenceOf(error)}
      </Text>
      {requestId !== null && (
        <Group gap={6}>
          <Text size="xs" c="dimmed">
            {error instanceof ApiError ? "Request" : "Last request"}
          </Text>
          <Code>{requestId}</Code>
          <CopyButton value={requestId} label="Copy the request id" />
        </Group>
      )}
      <Group gap="sm" mt={4}>
        {onRetry && <Button onClick={onRetry}>Try again</Button>}
        <Anchor href="/" size="sm">
          Go to the start page
        </Anchor>
      </Group>
    </div>
  );
}

function faceOf(status: number) {
  if (status === 404) return { title: "There is nothing here", icon: IconMapOff };
  if (status === 403) return { title: "This is not open to you", icon: IconLock };
  if (status === 0 || status >= 502) return { title: "The server is away", icon: IconCloudOff };
  return { title: "Something went wrong", icon: IconMoodConfuzed };
}
