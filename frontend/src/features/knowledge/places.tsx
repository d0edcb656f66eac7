import { Link } from "@tanstack/react-router";
import classes from "./knowledge.module.css";

const PLACES = [
  { to: "/knowledge", label: "Knowledge bases" },
  { to: "/memories", label: "Memories" },
  { to: "/files", label: "Files" },
] as const;

/** What agents know: from documents, from what they were told, and from files. */
export function Places() {
  return (
    <nav className={classes.places} aria-label="What agents know">
      {PLACES.map(({ to, label }) => (
        <Link
          key={to}
          to={to}
          className={classes.place}
          activeProps={{ "data-active": true, "aria-current": "page" }}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
