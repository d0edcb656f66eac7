import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { agentUsesQuery } from "@/api/queries/agents";
import { LinkAnchor } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import classes from "./agent-page.module.css";

/** Workflows and agents that name an agent. */
export function AgentUses({ slug }: { slug: string }) {
  const { data } = useQuery(agentUsesQuery(slug));
  if (!data) return <LoadingRows rows={2} />;
  if (data.items.length === 0)
    return (
      <Text size="sm" c="dimmed">
        Nothing names it yet. A workflow runs it with a step “Agent”, another agent with the tool “Call
        agent”.
      </Text>
    );
  return (
    <ul className={classes.tools} aria-label="Used by">
      {data.items.map((use) => (
        <li key={use.slug} className={classes.tool}>
          <div className={classes.what}>
            {use.type === "agent" ? (
              <LinkAnchor to="/agents/$slug" params={{ slug: use.slug }}>
                {use.name}
              </LinkAnchor>
            ) : (
              <LinkAnchor to="/workflows/$slug" params={{ slug: use.slug }}>
                {use.name}
              </LinkAnchor>
            )}
            <div className={classes.detail}>
              {use.version === null ? "in its draft" : `in version ${use.version}`}, as{" "}
              {use.references.join(", ")}
            </div>
          </div>
        </li>
      ))}
    </ul>
  );
}
