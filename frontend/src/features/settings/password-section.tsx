import { Button, PasswordInput } from "@mantine/core";
import { hasLength, useForm } from "@mantine/form";
import { changePassword } from "@/api/generated/account";
import { meQuery } from "@/api/queries/account";
import { FormAlert } from "@/components/form/form-alert";
import { settingsKeys } from "./queries";
import { Section } from "./section";
import classes from "./settings.module.css";
import { useChange } from "./use-change";

const EMPTY = { old: "", fresh: "" };

interface Props {
  hasPassword: boolean;
}

/** Chooses the first password, or another one. */
export function PasswordSection({ hasPassword }: Props) {
  const form = useForm({
    initialValues: EMPTY,
    validate: { fresh: hasLength({ min: 10 }, "Use 10 characters or more.") },
  });
  const change = useChange({
    run: ({ old, fresh }: typeof EMPTY) =>
      changePassword({ new_password: fresh, ...(hasPassword ? { old_password: old } : {}) }),
    refresh: [meQuery.queryKey, settingsKeys.sessions],
    done: () => "The password was changed; other devices are signed out",
    after: () => form.reset(),
  });
  return (
    <Section
      title="Password"
      lead={
        hasPassword
          ? "A change signs out all other devices."
          : "You have none yet. Choose one to sign in without a link."
      }
    >
      <form
        className={classes.form}
        onSubmit={form.onSubmit((values) => change.mutate(values))}
        aria-label="Password"
        noValidate
      >
        {hasPassword && (
          <PasswordInput
            label="Present password"
            autoComplete="current-password"
            {...form.getInputProps("old")}
          />
        )}
        <PasswordInput
          label="New password"
          description="10 characters or more."
          autoComplete="new-password"
          {...form.getInputProps("fresh")}
        />
        <FormAlert error={change.error} />
        <Button type="submit" variant="default" loading={change.isPending}>
          {hasPassword ? "Change the password" : "Choose the password"}
        </Button>
      </form>
    </Section>
  );
}
