import { Button, Code } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { orderApprovalRules } from "@/api/generated/approval-rules";
import { may, meQuery } from "@/api/queries/account";
import { ErrorPanel } from "@/components/error-panel";
import { LoadingRows } from "@/components/loading";
import { rulesQuery, settingsKeys } from "../queries";
import { Section } from "../section";
import classes from "../settings.module.css";
import { useChange } from "../use-change";
import { RuleDialog } from "./rule-dialog";
import { moved } from "./rule-order";
import { RuleRow } from "./rule-row";

/** Rules that answer requests in place of a person, in the order in which they are asked. */
export function RulesPage() {
  const { data: me } = useQuery(meQuery);
  const rules = useInfiniteQuery(rulesQuery);
  const [creating, create] = useDisclosure(false);
  const order = useChange({
    run: (ids: string[]) => orderApprovalRules({ ids }),
    refresh: [settingsKeys.rules],
    failed: "The order stays",
  });
  if (rules.isError) return <ErrorPanel error={rules.error} onRetry={() => void rules.refetch()} />;
  if (!me || rules.isPending) return <LoadingRows rows={4} />;
  const all = rules.data.pages.flatMap((page) => page.items);
  const own = all.filter((rule) => rule.run_id === null);
  const ofRuns = all.filter((rule) => rule.run_id !== null);
  const ids = own.map(({ id }) => id);
  const manages = may(me, "workspace:manage");
  return (
    <>
      <Section
        title="Approval rules"
        lead="They answer what needs no person. The first that matches decides; a step lets rules answer unless it says otherwise."
        actions={
          manages && (
            <Button leftSection={<IconPlus size={16} />} onClick={create.open}>
              New rule
            </Button>
          )
        }
      >
        {own.length === 0 ? (
          <div className={classes.lead}>
            No rule yet, so a person answers everything. Write one for what is always answered the same, such
            as <Code>amount &lt;= 50</Code>, and try it on past requests first.
          </div>
        ) : (
          <ol className={classes.list} aria-label="Approval rules">
            {own.map((rule, index) => (
              <RuleRow
                key={rule.id}
                rule={rule}
                manages={manages}
                onMove={{
                  up: index > 0 ? () => order.mutate(moved(ids, rule.id, -1)) : null,
                  down: index < own.length - 1 ? () => order.mutate(moved(ids, rule.id, 1)) : null,
                }}
              />
            ))}
          </ol>
        )}
      </Section>
      {ofRuns.length > 0 && (
        <Section
          title="For one run"
          lead="Made in the inbox with “Approve similar”. They end with their run, or when their time is over."
        >
          <ul className={classes.list} aria-label="Rules for one run">
            {ofRuns.map((rule) => (
              <RuleRow key={rule.id} rule={rule} manages={manages} />
            ))}
          </ul>
        </Section>
      )}
      {rules.hasNextPage && (
        <Button variant="default" onClick={() => void rules.fetchNextPage()}>
          Show more
        </Button>
      )}
      <RuleDialog opened={creating} onClose={create.close} />
    </>
  );
}
