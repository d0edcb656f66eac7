import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { Fragment } from "react";
import { may, meQuery } from "@/api/queries/account";
import { Page } from "@/components/page";
import { SETTINGS_AREAS } from "@/lib/settings-pages";
import classes from "./settings.module.css";

/** Settings: their pages at the left, the chosen one beside them. */
export function SettingsPage() {
  const { data: me } = useQuery(meQuery);
  return (
    <Page title="Settings">
      <div className={classes.layout}>
        <nav className={classes.nav} aria-label="Settings">
          {SETTINGS_AREAS.map(({ area, places }) => (
            <Fragment key={area}>
              <span className={classes.area}>{area}</span>
              {places
                .filter(({ needs }) => needs === undefined || may(me, needs))
                .map(({ to, label }) => (
                  <Link
                    key={to}
                    to={to}
                    className={classes.link}
                    activeProps={{ "data-active": true, "aria-current": "page" }}
                  >
                    {label}
                  </Link>
                ))}
            </Fragment>
          ))}
        </nav>
        <div className={classes.content}>
          <Outlet />
        </div>
      </div>
    </Page>
  );
}
