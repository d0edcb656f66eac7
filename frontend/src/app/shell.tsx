import { Kbd, UnstyledButton } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { openSpotlight } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { meQuery } from "@/api/queries/account";
import { LoadingRows } from "@/components/loading";
import { useDesktopNotice } from "@/features/inbox/use-desktop-notice";
import { useKeySequence } from "@/lib/use-key-sequence";
import { AccountMenu } from "./account-menu";
import { CommandPalette } from "./command-palette";
import { DESTINATIONS } from "./destinations";
import { KeyboardHelp } from "./keyboard-help";
import { NavLinks } from "./nav-links";
import { Notices } from "./notices";
import classes from "./shell.module.css";
import { TabBar } from "./tab-bar";
import { WorkspaceSwitcher } from "./workspace-switcher";

const LockedShell = lazy(async () => ({ default: (await import("./locked-shell")).LockedShell }));

/** What surrounds every page; nothing of it for a member who has to set up a second factor first. */
export function Shell() {
  const { data: me } = useQuery(meQuery);
  if (!me?.user || me.permissions.length > 0) return <OpenShell />;
  return (
    <Suspense fallback={<PageLoading />}>
      <LockedShell me={me} />
    </Suspense>
  );
}

/** Navigation, command palette, keyboard help. */
function OpenShell() {
  const navigate = useNavigate();
  // The editor needs the room; its neighbours in the navigation stay one click away.
  const compact = useRouterState({ select: ({ location }) => location.pathname.endsWith("/edit") });
  const [helping, help] = useDisclosure(false);
  useHotkeys([["shift+?", help.toggle]]);
  useDesktopNotice(() => void navigate({ to: "/inbox" }));
  useKeySequence(
    "g",
    Object.fromEntries(DESTINATIONS.map((to) => [to.key, () => void navigate({ to: to.to })])),
  );
  return (
    <div className={classes.shell} data-compact={compact || undefined}>
      <a href="#main" className={classes.skip}>
        Skip to content
      </a>
      <aside className={classes.side}>
        <WorkspaceSwitcher />
        <UnstyledButton className={classes.search} onClick={openSpotlight}>
          <IconSearch size={15} aria-hidden />
          <span>Search or do</span>
          <Kbd size="xs" aria-hidden>
            {COMMAND_KEY} K
          </Kbd>
        </UnstyledButton>
        <nav aria-label="Main" className={classes.nav}>
          <NavLinks />
        </nav>
        <AccountMenu onHelp={help.open} />
      </aside>
      <main id="main" className={classes.main} tabIndex={-1}>
        <Notices />
        <Suspense fallback={<PageLoading />}>
          <Outlet />
        </Suspense>
      </main>
      <nav aria-label="Main" className={classes.tabs}>
        <TabBar />
      </nav>
      <CommandPalette onHelp={help.open} />
      <KeyboardHelp opened={helping} onClose={help.close} />
    </div>
  );
}

/** Shown while the code of a page is on its way. */
export function PageLoading() {
  return (
    <div className={classes.loading}>
      <LoadingRows />
    </div>
  );
}

const COMMAND_KEY = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : "Ctrl";
