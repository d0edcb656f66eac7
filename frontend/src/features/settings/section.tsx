import { Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./settings.module.css";

interface Props {
  title: string;
  /** What it is for, in a sentence or two. */
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A part of a page of the settings. */
export function Section({ title, lead, actions, children }: Props) {
  return (
    <section aria-label={title}>
      <div className={classes.head}>
        <div>
          <Title order={2}>{title}</Title>
          {lead && <div className={classes.lead}>{lead}</div>}
        </div>
        {actions}
      </div>
      {children}
    </section>
  );
}
