import { Menu, UnstyledButton } from "@mantine/core";
import { openSpotlight } from "@mantine/spotlight";
import { IconDots, IconSearch } from "@tabler/icons-react";
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { DESTINATIONS, type Destination } from "./destinations";
import { NavLinks } from "./nav-links";
import classes from "./nav-links.module.css";

/** What people on the way open most. */
const ALWAYS: readonly Destination["to"][] = ["/inbox", "/runs", "/workflows", "/agents"];
const TABS = ALWAYS.flatMap((to) => DESTINATIONS.filter((destination) => destination.to === to));
const MORE = DESTINATIONS.filter(({ to }) => !ALWAYS.includes(to));

/** Navigation at the lower edge of a narrow screen: four pages, and a menu with the others. */
export function TabBar() {
  return (
    <>
      <NavLinks to={TABS} />
      <More />
    </>
  );
}

function More() {
  const navigate = useNavigate();
  const here = useRouterState({ select: ({ location }) => location.pathname });
  const current = MORE.find(({ to }) => here.startsWith(to));
  return (
    <Menu position="top-end" width={220}>
      <Menu.Target>
        <UnstyledButton className={classes.link} data-active={current !== undefined || undefined}>
          <IconDots size={18} stroke={1.7} aria-hidden />
          <span className={classes.label}>More</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {MORE.map(({ to, label, icon: Icon }) => (
          <Menu.Item
            key={to}
            leftSection={<Icon size={16} aria-hidden />}
            aria-current={to === current?.to ? "page" : undefined}
            onClick={() => void navigate({ to })}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconSearch size={16} aria-hidden />} onClick={openSpotlight}>
          Search or do
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
