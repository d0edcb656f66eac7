import { Group, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { renderSVG } from "uqr";
import type { NewSecondFactor } from "@/api/generated/perdure.schemas";
import { beginSecondFactor, confirmSecondFactor } from "@/api/generated/second-factor";
import { meQuery } from "@/api/queries/account";
import { CopyButton } from "@/components/copy-button";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { settingsKeys } from "./queries";
import { RecoveryCodeList } from "./recovery-code-list";
import classes from "./settings.module.css";
import { useChange } from "./use-change";

interface Props {
  hasPassword: boolean;
  onDone: () => void;
}

/** Three steps: the password, the authenticator, the recovery codes. */
export function SecondFactorSetup({ hasPassword, onDone }: Props) {
  const [secret, setSecret] = useState<NewSecondFactor | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  if (codes) return <RecoveryCodeList codes={codes} onDone={onDone} />;
  if (secret) return <Scan secret={secret} onCodes={setCodes} />;
  return <Begin hasPassword={hasPassword} onSecret={setSecret} />;
}

interface BeginProps {
  hasPassword: boolean;
  onSecret: (secret: NewSecondFactor) => void;
}

function Begin({ hasPassword, onSecret }: BeginProps) {
  const form = useForm({ initialValues: { password: "" } });
  const begin = useChange({
    run: (password: string) => beginSecondFactor(hasPassword ? { password } : {}),
    refresh: [],
    after: onSecret,
  });
  return (
    <form onSubmit={form.onSubmit(({ password }) => begin.mutate(password))} noValidate>
      <Stack>
        <Text size="sm">You need an authenticator app, such as the one in your password manager.</Text>
        {hasPassword && (
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            data-autofocus
            {...form.getInputProps("password")}
          />
        )}
        <FormAlert error={begin.error} />
        <FormFooter action="Go on" pending={begin.isPending} />
      </Stack>
    </form>
  );
}

interface ScanProps {
  secret: NewSecondFactor;
  onCodes: (codes: string[]) => void;
}

function Scan({ secret, onCodes }: ScanProps) {
  const form = useForm({ initialValues: { code: "" } });
  const confirm = useChange({
    run: (code: string) => confirmSecondFactor({ code: code.replaceAll(" ", "") }),
    refresh: [settingsKeys.secondFactor, meQuery.queryKey],
    after: ({ recovery_codes }) => onCodes(recovery_codes),
  });
  return (
    <form onSubmit={form.onSubmit(({ code }) => confirm.mutate(code))} noValidate>
      <Stack>
        <Text size="sm">Scan this with the app, or type the key in. Then enter the code that it shows.</Text>
        <Group align="center" wrap="nowrap">
          <img className={classes.qr} src={pictureOf(secret.uri)} alt="QR code for the authenticator" />
          <div className={classes.secret} data-secret>
            <span>{secret.secret}</span>
            <CopyButton value={secret.secret} label="Copy the key" />
          </div>
        </Group>
        <TextInput
          label="Code"
          autoComplete="one-time-code"
          inputMode="numeric"
          data-autofocus
          {...form.getInputProps("code")}
        />
        <FormAlert error={confirm.error} />
        <FormFooter action="Confirm" pending={confirm.isPending} />
      </Stack>
    </form>
  );
}

function pictureOf(text: string): string {
  return `data:image/svg+xml,${encodeURIComponent(renderSVG(text, { border: 1 }))}`;
}
