import { Menu, SegmentedControl, Text, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import {
  IconDeviceDesktop,
  IconDotsVertical,
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconShieldLock,
  IconSun,
  IconUserCircle,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { leave } from "@/api/leave";
import { meQuery } from "@/api/queries/account";
import classes from "./account-menu.module.css";

interface Props {
  onHelp: () => void;
}

/** Who is signed in, the look of the page, help and the way out. */
export function AccountMenu({ onHelp }: Props) {
  const { data: me } = useQuery(meQuery);
  const navigate = useNavigate();
  return (
    <Menu position="top-start" width={240}>
      <Menu.Target>
        <UnstyledButton className={classes.target}>
          <IconUserCircle size={20} stroke={1.5} aria-hidden />
          <span className={classes.name} data-wide-only>
            {me?.user?.name ?? me?.name ?? "…"}
          </span>
          <IconDotsVertical size={15} aria-hidden data-wide-only />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <ColorSchemeControl />
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconUserCircle size={16} />}
          onClick={() => void navigate({ to: "/settings/profile" })}
        >
          Profile
        </Menu.Item>
        <Menu.Item
          leftSection={<IconShieldLock size={16} />}
          onClick={() => void navigate({ to: "/settings/security" })}
        >
          Sign-in & security
        </Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={16} />} onClick={onHelp}>
          Keyboard shortcuts
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void leave()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

const SCHEMES = [
  { value: "light", label: "Light", icon: IconSun },
  { value: "dark", label: "Dark", icon: IconMoon },
  { value: "auto", label: "As the system", icon: IconDeviceDesktop },
] as const;

function ColorSchemeControl() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <div className={classes.scheme}>
      <Text size="sm">Look</Text>
      <SegmentedControl
        size="xs"
        aria-label="Look"
        value={colorScheme}
        onChange={(value) => setColorScheme(value as typeof colorScheme)}
        data={SCHEMES.map(({ value, label, icon: Icon }) => ({
          value,
          label: <Icon size={15} aria-label={label} role="img" style={{ display: "block" }} />,
        }))}
      />
    </div>
  );
}
