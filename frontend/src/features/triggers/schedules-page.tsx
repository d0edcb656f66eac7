import { useState } from "react";
import { Page } from "@/components/page";
import { Schedules } from "./schedules";

/** All schedules of the workspace: what has started and what will. */
export function SchedulesPage() {
  const [view, setView] = useState<"list" | "calendar">("calendar");
  return (
    <Page title="Schedules">
      <Schedules view={view} onView={setView} />
    </Page>
  );
}
