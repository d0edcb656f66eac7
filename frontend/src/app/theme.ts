import {
  ActionIcon,
  Alert,
  Badge,
  Button,
  type CSSVariablesResolver,
  createTheme,
  Drawer,
  Input,
  type MantineColorsTuple,
  Menu,
  Modal,
  Tooltip,
} from "@mantine/core";

const IRIS: MantineColorsTuple = [
  "#f2f1fe",
  "#e3e1fb",
  "#c6c1f6",
  "#a7a0f0",
  "#8b82ea",
  "#786ee3",
  "#5b50d6",
  "#4c42bd",
  "#3f369f",
  "#332c80",
];

/** Neutrals with a little warmth, so that the accent and the status colours stand out of quiet surfaces. */
const GRAY: MantineColorsTuple = [
  "#fafaf9",
  "#f4f4f2",
  "#e9e8e5",
  "#dcdbd7",
  "#c3c1bc",
  "#9b9892",
  "#75726c",
  "#57544f",
  "#393733",
  "#1e1d1b",
];

const DARK: MantineColorsTuple = [
  "#ececee",
  "#c5c6ca",
  "#a4a6ac",
  "#83858c",
  "#3b3d43",
  "#2c2e33",
  "#232428",
  "#1b1c1f",
  "#141416",
  "#0e0e10",
];

const CLOSE = { "aria-label": "Close" };

export const theme = createTheme({
  primaryColor: "iris",
  primaryShade: { light: 6, dark: 6 },
  colors: { iris: IRIS, gray: GRAY, dark: DARK },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, monospace",
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.1875rem" },
  lineHeights: { xs: "1.4", sm: "1.45", md: "1.5", lg: "1.5", xl: "1.35" },
  headings: {
    fontWeight: "620",
    sizes: {
      h1: { fontSize: "1.375rem", lineHeight: "1.3" },
      h2: { fontSize: "1.0625rem", lineHeight: "1.4" },
      h3: { fontSize: "0.9375rem", lineHeight: "1.4" },
      h4: { fontSize: "0.8125rem", lineHeight: "1.4" },
    },
  },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Alert: Alert.extend({ styles: { title: { fontWeight: 600 }, icon: { marginRight: 10 } } }),
    InputWrapper: Input.Wrapper.extend({
      styles: {
        label: { marginBottom: 5, fontWeight: 560 },
        description: { marginBottom: 6, marginTop: -3 },
      },
    }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray", size: "lg" } }),
    Badge: Badge.extend({ defaultProps: { variant: "light", radius: "sm" } }),
    Button: Button.extend({ defaultProps: { size: "sm" } }),
    Drawer: Drawer.extend({
      defaultProps: { overlayProps: { backgroundOpacity: 0.35 }, closeButtonProps: CLOSE },
    }),
    Menu: Menu.extend({
      defaultProps: {
        shadow: "md",
        radius: "md",
        position: "bottom-end",
        // A menu holds nothing but its items; the first of them has the focus.
        withInitialFocusPlaceholder: false,
      },
    }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        overlayProps: { backgroundOpacity: 0.35, blur: 2 },
        closeButtonProps: CLOSE,
      },
    }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 350, withArrow: true } }),
  },
});

/** Surfaces, lines and status colours; every stylesheet of the app uses these names and no colour of its own. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#ffffff",
    "--mantine-color-text": "#1e1d1b",
    "--mantine-color-dimmed": "#65625d",
    "--mantine-color-placeholder": "#75726c",
    "--mantine-color-default-border": "#dcdbd7",
    "--mantine-color-anchor": "#4c42bd",
    "--mantine-color-error": "#b3261e",
    "--ground": "#f7f7f5",
    "--surface": "#ffffff",
    "--hover": "#f1f1ee",
    "--line": "#e7e6e2",
    "--accent": "#5b50d6",
    "--accent-ink": "#4c42bd",
    "--accent-quiet": "#f2f1fe",
    "--shadow": "0 1px 2px rgb(30 29 27 / 5%), 0 2px 8px rgb(30 29 27 / 4%)",
    "--mantine-color-red-6": "#b3261e",
    "--mantine-color-red-filled": "#b3261e",
    "--mantine-color-red-filled-hover": "#982019",
    ...statusColors({
      idle: ["#65625d", "#f1f1ee"],
      running: ["#0a5cb3", "#e5f0fc"],
      waiting: ["#855600", "#fdf1d3"],
      done: ["#14693f", "#e1f4e8"],
      failed: ["#b3261e", "#fcebe9"],
    }),
  },
  dark: {
    "--mantine-color-body": "#1b1c1f",
    "--mantine-color-text": "#ececee",
    "--mantine-color-dimmed": "#a4a6ac",
    "--mantine-color-placeholder": "#8f9198",
    "--mantine-color-default-border": "#3b3d43",
    "--mantine-color-anchor": "#a7a0f0",
    "--mantine-color-error": "#ff9089",
    "--ground": "#141416",
    "--surface": "#1b1c1f",
    "--hover": "#26272b",
    "--line": "#2c2e33",
    "--accent": "#786ee3",
    "--accent-ink": "#b4aef5",
    "--accent-quiet": "#26243d",
    "--shadow": "0 1px 2px rgb(0 0 0 / 40%)",
    "--mantine-color-red-6": "#ff9089",
    "--mantine-color-red-filled": "#c4382f",
    "--mantine-color-red-filled-hover": "#ad3029",
    ...statusColors({
      idle: ["#a4a6ac", "#26272b"],
      running: ["#7db8f7", "#172a40"],
      waiting: ["#f0bf5a", "#352a10"],
      done: ["#6fcf97", "#14301f"],
      failed: ["#ff9089", "#3d1a18"],
    }),
  },
});

const LIBRARY_COLORS: Record<string, string> = {
  idle: "gray",
  running: "blue",
  waiting: "yellow",
  done: "green",
  failed: "red",
};

function statusColors(colors: Record<string, [ink: string, ground: string]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(colors).flatMap(([name, [ink, ground]]) => [
      [`--status-${name}`, ink],
      [`--status-${name}-quiet`, ground],
      // Badges, alerts, texts and buttons of the library speak in the same tones; its own are too pale to read.
      [`--mantine-color-${LIBRARY_COLORS[name]}-light`, ground],
      [`--mantine-color-${LIBRARY_COLORS[name]}-light-hover`, `color-mix(in srgb, ${ink} 8%, ${ground})`],
      [`--mantine-color-${LIBRARY_COLORS[name]}-light-color`, ink],
      [`--mantine-color-${LIBRARY_COLORS[name]}-text`, ink],
    ]),
  );
}
