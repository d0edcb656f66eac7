import { Anchor, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { finishConnection } from "@/api/generated/connections";
import { FormAlert } from "@/components/form/form-alert";
import { Page } from "@/components/page";
import { notifyDone } from "@/lib/notify";
import { connectionKeys } from "./queries";

/** Where providers send people back: ends the sign-in, once, and goes on to the connections. */
export function ConnectionCallbackPage() {
  const { state, code, error, iss } = useSearch({ from: "/shell/connections/callback" });
  const [failure, setFailure] = useState<unknown>(null);
  const navigate = useNavigate();
  const client = useQueryClient();
  const sent = useRef(false);
  useEffect(() => {
    if (sent.current) return;
    sent.current = true;
    finishConnection({
      state: state ?? "",
      ...(code === undefined ? {} : { code }),
      ...(error === undefined ? {} : { error }),
      ...(iss === undefined ? {} : { iss }),
    }).then(async ({ name, account }) => {
      await client.invalidateQueries({ queryKey: connectionKeys.all });
      notifyDone(account ? `${name} is connected as ${account}` : `${name} is connected`);
      await navigate({ to: "/settings/connections", replace: true });
    }, setFailure);
  }, [state, code, error, iss, client, navigate]);
  return (
    <Page title="Connecting">
      {failure ? (
        <Stack align="flex-start" maw={520}>
          <FormAlert error={failure} />
          <Anchor component={Link} to="/settings/connections" size="sm">
            Back to the connections
          </Anchor>
        </Stack>
      ) : (
        <Text role="status" c="dimmed">
          The provider has sent you back; the access is being fetched.
        </Text>
      )}
    </Page>
  );
}
