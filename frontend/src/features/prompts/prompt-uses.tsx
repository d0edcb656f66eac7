import { useQuery } from "@tanstack/react-query";
import { promptUsesQuery } from "@/api/queries/prompts";
import { ErrorPanel } from "@/components/error-panel";
import { LinkAnchor } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import classes from "./prompts.module.css";

/** Agents and workflows that name a prompt. */
export function PromptUses({ name }: { name: string }) {
  const uses = useQuery(promptUsesQuery(name));
  if (uses.isPending) return <LoadingRows rows={2} />;
  if (uses.isError) return <ErrorPanel error={uses.error} onRetry={() => void uses.refetch()} />;
  if (uses.data.items.length === 0) return <p className={classes.detail}>Nothing uses it yet.</p>;
  return (
    <ul className={classes.list} aria-label="Used by">
      {uses.data.items.map((use) => (
        <li key={use.slug} className={classes.row}>
          <div className={classes.what}>
            <LinkAnchor
              to={use.type === "agent" ? "/agents/$slug" : "/workflows/$slug"}
              params={{ slug: use.slug }}
              className={classes.name}
            >
              {use.name}
            </LinkAnchor>
            <div className={classes.detail}>{use.references.join(", ")}</div>
          </div>
          <div className={classes.detail}>
            {[use.version !== null && `version ${use.version}`, use.draft && "draft"]
              .filter(Boolean)
              .join(", ")}
          </div>
        </li>
      ))}
    </ul>
  );
}
