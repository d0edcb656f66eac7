import { useQuery } from "@tanstack/react-query";
import { nodeKindsQuery } from "@/api/queries/node-kinds";
import { KindIcon } from "@/components/graph/kind-icon";
import { graphIn, isRecord } from "@/lib/graph/document";
import classes from "./templates-page.module.css";

interface Props {
  /** A document, or the body of a node. */
  document: unknown;
}

/** The steps of a workflow, one below the other, bodies of loops indented. */
export function TemplateSteps({ document }: Props) {
  const { data: kinds } = useQuery(nodeKindsQuery);
  return (
    <ol className={classes.steps}>
      {graphIn(document).nodes.map((node) => (
        <li key={node.id}>
          <span className={classes.step}>
            <span className={classes.kind}>
              <KindIcon name={kinds?.get(node.kind)?.icon} size={15} />
            </span>
            <span>{node.name ?? node.id}</span>
            <span className={classes.label}>{kinds?.get(node.kind)?.title ?? node.kind}</span>
          </span>
          {isRecord(node.with) && node.with.body !== undefined && <TemplateSteps document={node.with.body} />}
        </li>
      ))}
    </ol>
  );
}
