interface Origin {
  /** As a choice among runs. */
  label: string;
  verb: string;
  /** Said where nobody's name is known. */
  by: string;
}

/** How a run can begin, as the API names it. */
export const ORIGINS: Readonly<Record<string, Origin>> = {
  api: { label: "By a person or key", verb: "started", by: "" },
  schedule: { label: "By a schedule", verb: "started", by: " by a schedule" },
  webhook: { label: "By a webhook", verb: "started", by: " by a webhook" },
  form: { label: "By a form", verb: "started", by: " by a form" },
  email: { label: "By an e-mail", verb: "started", by: " by an e-mail" },
  sub_workflow: { label: "By another run", verb: "started", by: " by a run" },
  chat: { label: "In a chat", verb: "started", by: " in a chat" },
  fork: { label: "As a fork", verb: "forked", by: "" },
  test: { label: "As a test", verb: "tested", by: "" },
};

/** How a run began, such as `started by ada@example.com`; the name of a trigger says which kind it is. */
export function beginningOf(trigger: string, by: string | null): string {
  const origin = ORIGINS[trigger];
  return (origin?.verb ?? trigger) + (by ? ` by ${by}` : (origin?.by ?? ""));
}
