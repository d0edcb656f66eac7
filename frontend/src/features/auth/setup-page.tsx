import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { hasLength, isEmail, isNotEmpty, useForm } from "@mantine/form";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import type { SetUp } from "@/api/generated/perdure.schemas";
import { setUp } from "@/api/generated/set-up";
import { ApiError } from "@/api/problem";
import { setupQuery } from "@/api/queries/account";
import { FormAlert } from "@/components/form/form-alert";
import { LinkAnchor } from "@/components/links";
import { AuthCard } from "./auth-card";
import { enter } from "./enter";

/** The first visit of a fresh installation: whoever fills this in owns it. */
export function SetupPage() {
  const { data } = useQuery(setupQuery);
  if (data?.done) {
    return (
      <AuthCard title="It is set up already" lead="This installation has an owner.">
        <LinkAnchor to="/login" size="sm">
          Sign in
        </LinkAnchor>
      </AuthCard>
    );
  }
  return (
    <AuthCard
      title="Welcome to Perdure"
      lead="Create the first account. It owns this installation and can invite others."
    >
      <SetupForm ticketRequired={data?.ticket_required ?? false} />
    </AuthCard>
  );
}

interface FormProps {
  ticketRequired: boolean;
}

function SetupForm({ ticketRequired }: FormProps) {
  const { ticket } = useSearch({ from: "/setup" });
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: "", email: "", password: "", workspace_name: "", ticket: ticket ?? "" },
    validate: {
      name: isNotEmpty("Say who you are."),
      email: isEmail("Enter an e-mail address."),
      password: hasLength({ min: 10 }, "Use 10 characters or more."),
      workspace_name: isNotEmpty("Give it a name."),
    },
  });
  const create = useMutation({
    mutationFn: ({ ticket: given, ...body }: typeof form.values) =>
      setUp(given ? { ...body, ticket: given } : (body satisfies SetUp)),
    onSuccess: enter,
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  return (
    <form onSubmit={form.onSubmit((values) => create.mutate(values))} noValidate>
      <Stack gap="sm">
        <TextInput
          label="Your name"
          autoComplete="name"
          autoFocus
          key={form.key("name")}
          {...form.getInputProps("name")}
        />
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="username"
          key={form.key("email")}
          {...form.getInputProps("email")}
        />
        <PasswordInput
          label="Password"
          description="10 characters or more."
          autoComplete="new-password"
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
        <TextInput
          label="Workspace"
          description="Your team’s room: workflows, runs and people belong to one."
          key={form.key("workspace_name")}
          {...form.getInputProps("workspace_name")}
        />
        {ticketRequired && (
          <TextInput
            label="Set-up ticket"
            description="The server has printed it into its log."
            key={form.key("ticket")}
            {...form.getInputProps("ticket")}
          />
        )}
        <FormAlert error={create.error} />
        <Button type="submit" loading={create.isPending} fullWidth mt={4}>
          Create the account
        </Button>
      </Stack>
    </form>
  );
}

function fieldErrors(error: unknown): Record<string, string> {
  const fields = error instanceof ApiError ? (error.problem?.errors ?? []) : [];
  return Object.fromEntries(fields.map(({ field, message }) => [field.replace(/^body\./, ""), message]));
}
