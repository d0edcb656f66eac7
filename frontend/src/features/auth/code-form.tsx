import { Anchor, Button, Stack, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { confirmLogin } from "@/api/generated/sign-in";
import { FormAlert } from "@/components/form/form-alert";
import { enter } from "./enter";

interface Props {
  challenge: string;
  onBack: () => void;
}

/** The second factor. */
export function CodeForm({ challenge, onBack }: Props) {
  const form = useForm({ initialValues: { code: "" }, validate: { code: isNotEmpty("Enter the code.") } });
  const confirm = useMutation({
    mutationFn: (code: string) => confirmLogin({ challenge, code: code.replaceAll(" ", "") }),
    onSuccess: enter,
  });
  return (
    <form onSubmit={form.onSubmit(({ code }) => confirm.mutate(code))} noValidate>
      <Stack gap="sm">
        <TextInput
          label="Code"
          autoComplete="one-time-code"
          inputMode="text"
          autoFocus
          {...form.getInputProps("code")}
        />
        <FormAlert error={confirm.error} />
        <Button type="submit" loading={confirm.isPending} fullWidth>
          Confirm
        </Button>
        <Anchor component="button" type="button" size="sm" ta="center" onClick={onBack}>
          Back
        </Anchor>
      </Stack>
    </form>
  );
}
