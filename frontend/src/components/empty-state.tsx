import { Text, Title } from "@mantine/core";
import type { IconProps } from "@tabler/icons-react";
import type { ComponentType, ReactNode } from "react";
import classes from "./empty-state.module.css";

interface Props {
  icon: ComponentType<IconProps>;
  title: string;
  /** What belongs here and how it comes about. */
  children: ReactNode;
  action?: ReactNode;
}

/** Said where there is nothing yet: what would be here, and the first step towards it. */
export function EmptyState({ icon: Icon, title, children, action }: Props) {
  return (
    <div className={classes.root}>
      <span className={classes.icon}>
        <Icon size={26} stroke={1.5} aria-hidden />
      </span>
      <Title order={2}>{title}</Title>
      <Text c="dimmed" className={classes.text}>
        {children}
      </Text>
      {action}
    </div>
  );
}
