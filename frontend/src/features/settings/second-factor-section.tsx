import { Alert, Badge, Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconShieldCheck, IconShieldOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ProveSecondFactor, SecondFactorState } from "@/api/generated/perdure.schemas";
import { disableSecondFactor, renewRecoveryCodes } from "@/api/generated/second-factor";
import { meQuery } from "@/api/queries/account";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { LoadingRows } from "@/components/loading";
import { plural } from "@/lib/format";
import { secondFactorQuery, settingsKeys } from "./queries";
import { RecoveryCodeList } from "./recovery-code-list";
import { SecondFactorSetup } from "./second-factor-setup";
import { Section } from "./section";
import { useChange } from "./use-change";

/** Everything that shows whether somebody has a second factor. */
export const SECOND_FACTOR_REFRESH = [settingsKeys.secondFactor, meQuery.queryKey] as const;

interface Props {
  hasPassword: boolean;
}

/** The second factor: set up, renewed, taken away. */
export function SecondFactorSection({ hasPassword }: Props) {
  const { data: state } = useQuery(secondFactorQuery);
  return (
    <Section
      title="Second factor"
      lead="A code from an authenticator app, asked for beside the password. It keeps others out who learn the password."
    >
      {state ? <Present state={state} hasPassword={hasPassword} /> : <LoadingRows rows={1} />}
    </Section>
  );
}

interface PresentProps extends Props {
  state: SecondFactorState;
}

function Present({ state, hasPassword }: PresentProps) {
  const [doing, setDoing] = useState<"set up" | "renew" | "disable" | null>(null);
  const close = () => setDoing(null);
  return (
    <Stack align="flex-start" gap="sm">
      {state.required && !state.enabled && (
        <Alert color="yellow" icon={<IconShieldOff size={18} />}>
          This workspace asks everybody for a second factor. Set one up to go on.
        </Alert>
      )}
      {state.enabled ? (
        <>
          <Group gap="xs">
            <Badge color="green" leftSection={<IconShieldCheck size={13} />} tt="none">
              On
            </Badge>
            <Text size="sm" c="dimmed">
              {plural(state.recovery_codes_left, "recovery code")} left
            </Text>
          </Group>
          <Group gap="xs">
            <Button variant="default" onClick={() => setDoing("renew")}>
              New recovery codes
            </Button>
            <Button variant="subtle" color="red" onClick={() => setDoing("disable")}>
              Turn off
            </Button>
          </Group>
        </>
      ) : (
        <Button onClick={() => setDoing("set up")}>Set it up</Button>
      )}
      <Modal opened={doing === "set up"} onClose={close} title="Set up a second factor">
        <SecondFactorSetup hasPassword={hasPassword} onDone={close} />
      </Modal>
      <Modal opened={doing === "renew"} onClose={close} title="New recovery codes">
        <RenewCodes hasPassword={hasPassword} onDone={close} />
      </Modal>
      <Modal opened={doing === "disable"} onClose={close} title="Turn the second factor off">
        <Disable hasPassword={hasPassword} onDone={close} />
      </Modal>
    </Stack>
  );
}

interface StepProps extends Props {
  onDone: () => void;
}

function RenewCodes({ hasPassword, onDone }: StepProps) {
  const [codes, setCodes] = useState<string[] | null>(null);
  const renew = useChange({
    run: renewRecoveryCodes,
    refresh: SECOND_FACTOR_REFRESH,
    after: ({ recovery_codes }) => setCodes(recovery_codes),
  });
  if (codes) return <RecoveryCodeList codes={codes} onDone={onDone} />;
  return (
    <Proof
      hasPassword={hasPassword}
      lead="The codes that you have now will no longer work."
      action="Make new codes"
      onProof={(proof) => renew.mutate(proof)}
      pending={renew.isPending}
      error={renew.error}
    />
  );
}

function Disable({ hasPassword, onDone }: StepProps) {
  const disable = useChange({
    run: disableSecondFactor,
    refresh: SECOND_FACTOR_REFRESH,
    done: () => "The second factor is off",
    after: onDone,
  });
  return (
    <Proof
      hasPassword={hasPassword}
      lead="From then on the password alone opens your account."
      action="Turn off"
      onProof={(proof) => disable.mutate(proof)}
      pending={disable.isPending}
      error={disable.error}
    />
  );
}

interface ProofProps extends Props {
  lead: string;
  action: string;
  onProof: (proof: ProveSecondFactor) => void;
  pending: boolean;
  error: Error | null;
}

/** Asks for both factors. */
function Proof({ hasPassword, lead, action, onProof, pending, error }: ProofProps) {
  const form = useForm({ initialValues: { password: "", code: "" } });
  return (
    <form
      onSubmit={form.onSubmit(({ password, code }) =>
        onProof({ code: code.replaceAll(" ", ""), ...(hasPassword ? { password } : {}) }),
      )}
      noValidate
    >
      <Stack>
        <Text size="sm">{lead}</Text>
        {hasPassword && (
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            data-autofocus
            {...form.getInputProps("password")}
          />
        )}
        <TextInput
          label="Code"
          description="Of the authenticator, or a recovery code."
          autoComplete="one-time-code"
          {...form.getInputProps("code")}
        />
        <FormAlert error={error} />
        <FormFooter action={action} pending={pending} />
      </Stack>
    </form>
  );
}
