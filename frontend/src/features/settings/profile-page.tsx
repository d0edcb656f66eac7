import { Button, SegmentedControl, Text, TextInput, useMantineColorScheme } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { updateMe } from "@/api/generated/account";
import type { UserSummary } from "@/api/generated/perdure.schemas";
import { leave } from "@/api/leave";
import { meQuery } from "@/api/queries/account";
import { FormAlert } from "@/components/form/form-alert";
import { LoadingRows } from "@/components/loading";
import { Section } from "./section";
import classes from "./settings.module.css";
import { useChange } from "./use-change";

/** Who one is, and how the app looks. */
export function ProfilePage() {
  const { data: me } = useQuery(meQuery);
  if (!me) return <LoadingRows rows={3} />;
  return (
    <>
      <Section title="Profile" lead="As others see you beside what you decide and change.">
        {me.user ? <ProfileForm user={me.user} fixed={me.by_sign_on} /> : <NoAccount name={me.name} />}
      </Section>
      <Section title="Look" lead="On this device.">
        <Look />
      </Section>
      <Section title="This device">
        <Button variant="default" onClick={() => void leave()}>
          Sign out
        </Button>
      </Section>
    </>
  );
}

interface ProfileProps {
  user: UserSummary;
  /** The company keeps the name. */
  fixed: boolean;
}

function ProfileForm({ user, fixed }: ProfileProps) {
  const form = useForm({
    initialValues: { name: user.name },
    validate: { name: isNotEmpty("Say who you are.") },
  });
  const save = useChange({
    run: (name: string) => updateMe({ name }),
    refresh: [meQuery.queryKey],
    done: () => "Your name was changed",
  });
  return (
    <form
      className={classes.form}
      onSubmit={form.onSubmit(({ name }) => save.mutate(name.trim()))}
      noValidate
    >
      <TextInput
        label="Name"
        autoComplete="name"
        readOnly={fixed}
        variant={fixed ? "filled" : "default"}
        {...form.getInputProps("name")}
      />
      <TextInput label="E-mail" value={user.email} readOnly variant="filled" />
      <FormAlert error={save.error} />
      {!fixed && (
        <Button type="submit" loading={save.isPending} disabled={form.values.name.trim() === user.name}>
          Save
        </Button>
      )}
    </form>
  );
}

interface NoAccountProps {
  name: string;
}

/** The operator's token and API keys are nobody in particular. */
export function NoAccount({ name }: NoAccountProps) {
  return (
    <Text size="sm" maw={520}>
      You work as <b>{name}</b>, which is a token and not a person. Sign in with an account of your own to
      have a name, a password, a second factor and sessions.
    </Text>
  );
}

function Look() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SegmentedControl
      aria-label="Look"
      value={colorScheme}
      onChange={(value) => setColorScheme(value as typeof colorScheme)}
      data={[
        { value: "auto", label: "As the system" },
        { value: "light", label: "Light" },
        { value: "dark", label: "Dark" },
      ]}
    />
  );
}
