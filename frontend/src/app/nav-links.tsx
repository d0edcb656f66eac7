import { Link } from "@tanstack/react-router";
import { DESTINATIONS, type Destination } from "./destinations";
import classes from "./nav-links.module.css";
import { useInboxCount } from "./use-inbox-count";

interface Props {
  to?: readonly Destination[];
}

/** Links to the main pages, or to some of them. */
export function NavLinks({ to: destinations = DESTINATIONS }: Props) {
  const waiting = useInboxCount();
  return destinations.map(({ to, label, icon: Icon }) => (
    <Link
      key={to}
      to={to}
      className={classes.link}
      activeProps={{ "data-active": true, "aria-current": "page" }}
    >
      <Icon size={18} stroke={1.7} aria-hidden />
      <span className={classes.label} data-wide-only>
        {label}
      </span>
      {to === "/inbox" && waiting !== "" && (
        <span className={classes.count} data-wide-only title={`${waiting} waiting for a person`}>
          {waiting}
        </span>
      )}
    </Link>
  ));
}
