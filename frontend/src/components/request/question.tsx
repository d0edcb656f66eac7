import { Badge, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Markdown } from "@/components/markdown";
import classes from "./question.module.css";

interface Props {
  title: string;
  /** Markdown. */
  body: string;
  /** Under the title: how urgent, where from, until when. */
  facts: ReactNode;
  /** Beside the title. */
  actions?: ReactNode;
  /** Above the text: what has to be known before it is read. */
  notice?: ReactNode;
  /** What the decision is about. */
  children: ReactNode;
}

/** A request as whoever answers it reads it. */
export function Question({ title, body, facts, actions, notice, children }: Props) {
  return (
    <>
      <header className={classes.head}>
        <div>
          <Title order={2} size="h1" className={classes.title}>
            {title}
          </Title>
          <p className={classes.facts}>{facts}</p>
        </div>
        {actions}
      </header>
      {notice}
      {body !== "" && <Markdown text={body} />}
      {children}
    </>
  );
}

interface LabelsProps {
  priority: string;
  tags: readonly string[];
}

/** Urgency and tags of a request. */
export function RequestLabels({ priority, tags }: LabelsProps) {
  return (
    <>
      {priority !== "normal" && (
        <Badge color={priority === "urgent" ? "red" : "gray"} variant="light" tt="none">
          {priority}
        </Badge>
      )}
      {tags.map((tag) => (
        <Badge key={tag} color="gray" variant="default" tt="none">
          {tag}
        </Badge>
      ))}
    </>
  );
}
