import { Button, PasswordInput, Stack } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { getGetMeUrl } from "@/api/generated/account";
import { ApiError } from "@/api/problem";
import { request } from "@/api/request";
import { signInOperator } from "@/api/session";

/** The token that the server was started with; it may do everything. */
export function TokenForm() {
  const form = useForm({ initialValues: { token: "" }, validate: { token: isNotEmpty("Enter a token.") } });
  const enter = useMutation({ mutationFn: checkToken, onSuccess: signInOperator });
  return (
    <form onSubmit={form.onSubmit(({ token }) => enter.mutate(token.trim()))} noValidate>
      <Stack gap="sm">
        <PasswordInput
          label="Operator’s token"
          description="It lies in the file “token” of the data folder, or in PERDURE_API_TOKEN."
          autoComplete="off"
          autoFocus
          {...form.getInputProps("token")}
          error={form.errors.token ?? (enter.isError ? refusal(enter.error) : undefined)}
        />
        <Button type="submit" loading={enter.isPending} fullWidth>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}

function refusal(error: Error): string {
  return error instanceof ApiError && error.status === 401
    ? "This is not the token of this server."
    : error.message;
}

async function checkToken(token: string): Promise<string> {
  await request(getGetMeUrl(), { headers: { authorization: `Bearer ${token}` } });
  return token;
}
