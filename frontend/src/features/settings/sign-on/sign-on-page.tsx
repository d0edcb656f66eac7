import { Code, Switch, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { SignOn } from "@/api/generated/perdure.schemas";
import { getSignOn, updateSignOn } from "@/api/generated/sign-on";
import { may, meQuery } from "@/api/queries/account";
import { CopyButton } from "@/components/copy-button";
import { ErrorPanel } from "@/components/error-panel";
import { LoadingRows } from "@/components/loading";
import { RoleSelect } from "../role-select";
import { Section } from "../section";
import classes from "../settings.module.css";
import { useChange } from "../use-change";
import { DirectorySection } from "./directory-section";
import { MappingsSection } from "./mappings-section";
import { ProvidersSection } from "./providers-section";

export const signOnKey = ["settings", "sign-on"] as const;

/** How people come into the workspace from their company. */
export function SignOnPage() {
  const { data: me } = useQuery(meQuery);
  const settings = useQuery({ queryKey: signOnKey, queryFn: ({ signal }) => getSignOn({ signal }) });
  if (settings.isError) return <ErrorPanel error={settings.error} onRetry={() => void settings.refetch()} />;
  if (settings.isPending) return <LoadingRows rows={4} />;
  const owns = may(me, "workspace:own");
  return (
    <>
      <ProvidersSection settings={settings.data} owns={owns} />
      <Rules settings={settings.data} owns={owns} />
      <MappingsSection settings={settings.data} owns={owns} />
      {owns && <DirectorySection settings={settings.data} />}
    </>
  );
}

interface Props {
  settings: SignOn;
  owns: boolean;
}

function Rules({ settings, owns }: Props) {
  const change = useChange({
    run: updateSignOn,
    refresh: [signOnKey],
    done: () => "It holds at once",
    failed: "It stays as it was",
  });
  return (
    <Section title="Who comes in" lead="Whoever signs in at a provider becomes a member of this workspace.">
      <div className={classes.form}>
        <Switch
          label="Single sign-on is the only way in"
          description="Passwords then open this workspace to owners only, so that a provider that is away locks nobody out for good."
          checked={settings.required}
          disabled={!owns || (settings.providers.length === 0 && !settings.required)}
          onChange={(event) => change.mutate({ required: event.currentTarget.checked })}
        />
        <RoleSelect
          label="Role of whom no group gives one"
          value={settings.default_role}
          onChange={(default_role) => change.mutate({ default_role })}
          mayOwn={false}
          disabled={!owns}
        />
      </div>
      <Text size="sm" c="dimmed" mt="sm">
        Sign-in page of this workspace: <Code>{settings.login_path}</Code>{" "}
        <CopyButton value={`${window.location.origin}${settings.login_path}`} label="Copy the address" />
      </Text>
    </Section>
  );
}
