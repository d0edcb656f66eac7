import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import type { SecondFactorRequired } from "@/api/generated/perdure.schemas";
import { login } from "@/api/generated/sign-in";
import { FormAlert } from "@/components/form/form-alert";
import { enter } from "./enter";

interface Props {
  onChallenge: (challenge: SecondFactorRequired) => void;
}

/** E-mail address and password. */
export function PasswordForm({ onChallenge }: Props) {
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "", password: "" },
    validate: {
      email: isNotEmpty("Enter your e-mail address."),
      password: isNotEmpty("Enter your password."),
    },
  });
  const signIn = useMutation({
    mutationFn: (values: typeof form.values) => login(values),
    onSuccess: (answer) => (answer.second_factor_required ? onChallenge(answer) : enter(answer)),
  });
  return (
    <form onSubmit={form.onSubmit((values) => signIn.mutate(values))} noValidate>
      <Stack gap="sm">
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="username"
          autoFocus
          key={form.key("email")}
          {...form.getInputProps("email")}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
        <FormAlert error={signIn.error} />
        <Button type="submit" loading={signIn.isPending} fullWidth mt={4}>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}
