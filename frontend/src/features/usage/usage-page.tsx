import { Button, Menu, SegmentedControl, Select } from "@mantine/core";
import { IconChartBar, IconDownload } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { UsageReport } from "@/api/generated/perdure.schemas";
import { workflowsQuery } from "@/api/queries/workflows";
import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { LinkButton } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import { Page } from "@/components/page";
import { saveFile } from "@/lib/save-file";
import { DayChart } from "./day-chart";
import { MetricTiles } from "./metric-tiles";
import { QuotaBars } from "./quota-bars";
import { modelsCsv, workflowsCsv } from "./usage-csv";
import { type Dimension, metricOf, seriesOf } from "./usage-metrics";
import classes from "./usage-page.module.css";
import { usageQuery } from "./usage-query";
import { ModelTable, WorkflowTable } from "./usage-tables";

const PERIODS = [
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "A year" },
];
const USUAL = "30";

/** What was spent, what failed and how long people were waited for: by day, workflow and model. */
export function UsagePage() {
  const search = useSearch({ from: "/shell/usage" });
  const days = PERIODS.find(({ value }) => value === search.days)?.value ?? USUAL;
  const report = useQuery(usageQuery(Number(days), search.workflow));
  return (
    <Page title="Usage" actions={report.data && <ExportMenu report={report.data} />}>
      <Controls days={days} />
      {report.isError && <ErrorPanel error={report.error} onRetry={() => void report.refetch()} />}
      {report.isPending && <LoadingRows rows={4} height={90} />}
      {report.data && <Report report={report.data} />}
    </Page>
  );
}

function Controls({ days }: { days: string }) {
  const search = useSearch({ from: "/shell/usage" });
  const navigate = useNavigate({ from: "/usage" });
  const { data } = useInfiniteQuery(workflowsQuery());
  const workflows = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className={classes.controls}>
      <SegmentedControl
        size="xs"
        aria-label="Period"
        data={PERIODS}
        value={days}
        onChange={(value) =>
          void navigate({ search: (before) => ({ ...before, days: value }), replace: true })
        }
      />
      <Select
        size="xs"
        aria-label="Workflow"
        placeholder="All workflows"
        clearable
        searchable
        data={workflows.map(({ slug, name }) => ({ value: slug, label: name }))}
        value={search.workflow ?? null}
        onChange={(value) =>
          void navigate({
            search: ({ workflow: _, ...rest }) => (value === null ? rest : { ...rest, workflow: value }),
            replace: true,
          })
        }
      />
    </div>
  );
}

function Report({ report }: { report: UsageReport }) {
  const search = useSearch({ from: "/shell/usage" });
  const navigate = useNavigate({ from: "/usage" });
  const metric = metricOf(search.metric);
  const by: Dimension = search.by === "model" && metric.byModel ? "model" : "workflow";
  if (report.totals.runs === 0) return <Nothing />;
  const show = (change: { metric?: string; by?: string }) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  return (
    <>
      <MetricTiles report={report} chosen={metric.name} onChoose={(name) => show({ metric: name })} />
      <section className={classes.panel} aria-label={`${metric.label} by day`}>
        <header className={classes.panelHeader}>
          <h2 className={classes.heading}>{metric.label} by day</h2>
          {metric.byModel && (
            <SegmentedControl
              size="xs"
              aria-label="Told apart by"
              data={[
                { value: "workflow", label: "By workflow" },
                { value: "model", label: "By model" },
              ]}
              value={by}
              onChange={(value) => show({ by: value })}
            />
          )}
        </header>
        <DayChart
          days={report.days.map(({ day }) => day)}
          series={seriesOf(report, metric, by)}
          metric={metric}
        />
      </section>
      <QuotaBars />
      {by === "model" ? <ModelTable report={report} /> : <WorkflowTable report={report} />}
    </>
  );
}

function Nothing() {
  return (
    <EmptyState
      icon={IconChartBar}
      title="Nothing ran in this time"
      action={<LinkButton to="/workflows">Choose a workflow</LinkButton>}
    >
      As soon as workflows run, this page shows what they cost, how often they fail, and how long they wait
      for people.
    </EmptyState>
  );
}

function ExportMenu({ report }: { report: UsageReport }) {
  const save = (what: string, text: string) =>
    saveFile(`usage-${what}-${report.first}-${report.last}.csv`, new Blob([text], { type: "text/csv" }));
  return (
    <Menu>
      <Menu.Target>
        <Button size="xs" variant="default" leftSection={<IconDownload size={15} />}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => save("by-workflow", workflowsCsv(report))}>
          CSV by workflow and day
        </Menu.Item>
        <Menu.Item onClick={() => save("by-model", modelsCsv(report))}>CSV by model and day</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
