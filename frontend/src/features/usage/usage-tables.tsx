import type { ReactNode } from "react";
import type { UsageReport } from "@/api/generated/perdure.schemas";
import { LinkAnchor } from "@/components/links";
import { count, duration, money } from "@/lib/format";
import { UNACCOUNTED } from "./usage-metrics";
import classes from "./usage-tables.module.css";

interface Props {
  report: UsageReport;
}

/** Every workflow that ran, the dearest first. */
export function WorkflowTable({ report }: Props) {
  const most = Math.max(...report.workflows.map(({ cost_usd }) => cost_usd), 0);
  return (
    <Table label="By workflow" columns={["Workflow", "Spend", "Tokens", "Runs", "Failed", "Waiting, each"]}>
      {report.workflows.map((used) => (
        <tr key={used.workflow}>
          <td className={classes.what}>
            <LinkAnchor to="/runs" search={{ workflow: used.workflow }} inherit>
              {used.name}
            </LinkAnchor>
          </td>
          <Spend cost={used.cost_usd} most={most} />
          <td>{count(used.tokens_in + used.tokens_out)}</td>
          <td>{count(used.runs)}</td>
          <td data-bad={used.failed > 0 || undefined}>{failuresOf(used.failed, used.runs)}</td>
          <td>{used.requests === 0 ? "–" : duration((1_000 * used.waited_seconds) / used.requests)}</td>
        </tr>
      ))}
    </Table>
  );
}

/** Every model that was called, the dearest first. */
export function ModelTable({ report }: Props) {
  const most = Math.max(...report.models.map(({ cost_usd }) => cost_usd), 0);
  return (
    <Table label="By model" columns={["Model", "Spend", "Tokens in", "Tokens out", "Calls", "Spend a call"]}>
      {report.models.map((used) => (
        <tr key={used.model ?? ""}>
          <td className={classes.what}>{used.model ?? UNACCOUNTED}</td>
          <Spend cost={used.cost_usd} most={most} />
          <td>{count(used.tokens_in)}</td>
          <td>{count(used.tokens_out)}</td>
          <td>{count(used.calls)}</td>
          <td>{used.calls === 0 ? "–" : money(used.cost_usd / used.calls)}</td>
        </tr>
      ))}
    </Table>
  );
}

function Table({ label, columns, children }: { label: string; columns: string[]; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={classes.frame} aria-label={label} tabIndex={0}>
      <table className={classes.table}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

/** A price, and beside it how it compares to the highest one. */
function Spend({ cost, most }: { cost: number; most: number }) {
  return (
    <td className={classes.spend}>
      <span className={classes.share} style={{ width: `${most === 0 ? 0 : (100 * cost) / most}%` }} />
      <span className={classes.cost}>{money(cost)}</span>
    </td>
  );
}

function failuresOf(failed: number, runs: number): string {
  return failed === 0 ? "0" : `${count(failed)} (${((100 * failed) / runs).toFixed(0)} %)`;
}
