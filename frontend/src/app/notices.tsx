import { useQuery } from "@tanstack/react-query";
import { useRouterState } from "@tanstack/react-router";
import { meQuery } from "@/api/queries/account";
import { LinkAnchor } from "@/components/links";
import classes from "./notices.module.css";

/** What a person has to know on every page, until it is done. */
export function Notices() {
  const { data: me } = useQuery(meQuery);
  const isThere = useRouterState({ select: ({ location }) => location.pathname === "/settings/security" });
  if (!me?.user || me.has_password || me.by_sign_on || isThere) return null;
  return (
    <div className={classes.root} role="status">
      You came in by a link and have no password yet.{" "}
      <LinkAnchor to="/settings/security" inherit>
        Choose one
      </LinkAnchor>
    </div>
  );
}
