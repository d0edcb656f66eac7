import { Button, Group, Select, Stack } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { backtestApprovalRule } from "@/api/generated/approval-rules";
import { FormAlert } from "@/components/form/form-alert";
import { BacktestReport } from "./backtest-report";
import { type RuleValues, ruleOf } from "./rule-values";

const DAY = 86_400_000;
const SPANS = [
  { value: "7", label: "of the last 7 days" },
  { value: "30", label: "of the last 30 days" },
  { value: "365", label: "of the last year" },
];
const MOST = 1_000;

interface Props {
  form: UseFormReturnType<RuleValues>;
}

/** What the rule, as it is written at the moment, would have done. */
export function RuleTrial({ form }: Props) {
  const [days, setDays] = useState("30");
  const attempt = useMutation({
    mutationFn: (values: RuleValues) => {
      const { expression, decision, reason, scope } = ruleOf(values);
      const since = new Date(Date.now() - Number(days) * DAY).toISOString();
      return backtestApprovalRule({
        expression,
        decision,
        reason: reason ?? null,
        scope: scope ?? {},
        since,
        limit: MOST,
      });
    },
  });
  const start = () => {
    const checks = [form.validateField("expression"), form.validateField("decision")];
    if (checks.every(({ hasError }) => !hasError)) attempt.mutate(form.values);
  };
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Button variant="light" loading={attempt.isPending} onClick={start}>
          Try it on past requests
        </Button>
        <Select
          aria-label="Which past requests"
          w={180}
          data={SPANS}
          allowDeselect={false}
          value={days}
          onChange={(value) => setDays(value ?? "30")}
        />
      </Group>
      <FormAlert error={attempt.error} />
      {attempt.data && <BacktestReport result={attempt.data} />}
    </Stack>
  );
}
