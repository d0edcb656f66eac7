import { Group, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import classes from "./page.module.css";

interface Props {
  title: string;
  /** Beside the title: where the thing stands. */
  aside?: ReactNode;
  /** At the right: what can be done. */
  actions?: ReactNode;
  /** Above the title: where the thing belongs. */
  crumbs?: ReactNode;
  /** Content runs from edge to edge instead of keeping a measure. */
  wide?: boolean;
  children: ReactNode;
}

/** A page: one title, its actions, its content. */
export function Page({ title, aside, actions, crumbs, wide = false, children }: Props) {
  useDocumentTitle(`${title} · Perdure`);
  return (
    <div className={classes.root} data-wide={wide}>
      <header className={classes.header}>
        <div className={classes.heading}>
          {crumbs && <div className={classes.crumbs}>{crumbs}</div>}
          <Group gap="sm" wrap="nowrap">
            <Title order={1} className={classes.title}>
              {title}
            </Title>
            {aside}
          </Group>
        </div>
        {actions && (
          <Group gap="xs" wrap="nowrap">
            {actions}
          </Group>
        )}
      </header>
      {children}
    </div>
  );
}
