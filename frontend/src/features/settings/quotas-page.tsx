import { Button, NumberInput, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import type { Quotas, QuotaUse } from "@/api/generated/perdure.schemas";
import { changeQuotas } from "@/api/generated/workspace";
import { may, meQuery } from "@/api/queries/account";
import { ErrorPanel } from "@/components/error-panel";
import { FormAlert } from "@/components/form/form-alert";
import { LoadingRows } from "@/components/loading";
import { Timestamp } from "@/components/timestamp";
import { count, money } from "@/lib/format";
import { quotasQuery, settingsKeys, usageQuery } from "./queries";
import { type QuotaName, shareOf, toneOf } from "./quota-use";
import { Section } from "./section";
import classes from "./settings.module.css";
import { useChange } from "./use-change";

const NAMES: Record<QuotaName, string> = {
  starts_per_minute: "Starts per minute",
  running_runs: "Runs at the same time",
  tokens_per_month: "Tokens per month",
  cost_usd_per_month: "Cost per month, US dollars",
};

/** What the workspace may use, and what it has used. */
export function QuotasPage() {
  const { data: me } = useQuery(meQuery);
  const usage = useQuery(usageQuery);
  const quotas = useQuery(quotasQuery);
  if (usage.isError) return <ErrorPanel error={usage.error} onRetry={() => void usage.refetch()} />;
  if (!me || usage.isPending || quotas.isPending) return <LoadingRows rows={4} />;
  return (
    <>
      <Section
        title="Use"
        lead={`In ${usage.data.month}. Runs that are refused for a quota can be started again later.`}
      >
        <ul className={classes.list} aria-label="Use">
          {usage.data.quotas.map((use) => (
            <UseRow key={use.quota} use={use} />
          ))}
        </ul>
      </Section>
      <Section title="Limits" lead="Empty means no limit.">
        {quotas.data && may(me, "workspace:own") ? (
          <LimitsForm quotas={quotas.data} />
        ) : (
          <Text size="sm">Only owners change the limits.</Text>
        )}
      </Section>
    </>
  );
}

interface UseProps {
  use: QuotaUse;
}

function UseRow({ use }: UseProps) {
  const share = shareOf(use);
  const shown = use.quota === "cost_usd_per_month" ? money : count;
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>{NAMES[use.quota]}</div>
        <div className={classes.detail}>
          {shown(use.used)} {use.limit === null ? "used, no limit" : `of ${shown(use.limit)}`}
          {use.limit !== null && use.resets_at && (
            <>
              , free again <Timestamp at={use.resets_at} />
            </>
          )}
        </div>
      </div>
      {share !== null && (
        <meter
          className={classes.bar}
          data-tone={toneOf(share)}
          min={0}
          max={1}
          value={share}
          aria-label={NAMES[use.quota]}
        />
      )}
    </li>
  );
}

interface LimitsProps {
  quotas: Quotas;
}

function LimitsForm({ quotas }: LimitsProps) {
  const names = Object.keys(NAMES) as QuotaName[];
  const form = useForm({
    initialValues: Object.fromEntries(names.map((name) => [name, quotas[name] ?? ""])) as Record<
      QuotaName,
      number | string
    >,
  });
  const save = useChange({
    run: (values: typeof form.values) =>
      changeQuotas(
        Object.fromEntries(names.map((name) => [name, values[name] === "" ? null : Number(values[name])])),
      ),
    refresh: [settingsKeys.quotas],
    done: () => "The limits were changed",
  });
  return (
    <form className={classes.form} onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
      {names.map((name) => (
        <NumberInput
          key={name}
          label={NAMES[name]}
          placeholder="No limit"
          min={0}
          allowDecimal={name === "cost_usd_per_month"}
          thousandSeparator=" "
          {...form.getInputProps(name)}
        />
      ))}
      <FormAlert error={save.error} />
      <Button type="submit" loading={save.isPending}>
        Save
      </Button>
    </form>
  );
}
