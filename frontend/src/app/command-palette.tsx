import { useDebouncedValue } from "@mantine/hooks";
import { Spotlight } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { useIsFetching } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";
import { agentKeys } from "@/api/queries/agents";
import { workflowKeys } from "@/api/queries/workflows";
import classes from "./command-palette.module.css";
import { usePaletteActions } from "./palette-actions";
import { useAgents, useChats, useTexts } from "./palette-agents";
import { usePages, useRunSearch, useRuns, useWorkflows } from "./palette-places";

interface Props {
  onHelp: () => void;
}

/** Everything of the app by a few letters of its name: pages, workflows, runs and actions. */
export function CommandPalette({ onHelp }: Props) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [query] = useDebouncedValue(text.trim(), 200);
  // Offered last of all, or else it would be the chosen one while better ones are on their way.
  const asked = useIsFetching({ queryKey: workflowKeys.all }) + useIsFetching({ queryKey: agentKeys.all });
  const settled = asked === 0 && query === text.trim();
  const groups = [
    usePages(),
    useWorkflows(open, query),
    useAgents(open, query),
    useTexts(open),
    useChats(open),
    useRuns(open),
    usePaletteActions(onHelp),
    useRunSearch(settled ? query : ""),
  ];
  return (
    <Spotlight
      title="Search or do"
      classNames={{
        header: classes.title ?? "",
        action: classes.action ?? "",
        actionDescription: classes.description ?? "",
      }}
      actions={groups.filter((group) => group.actions.length > 0)}
      shortcut={["mod + K"]}
      query={text}
      onQueryChange={setText}
      highlightQuery
      scrollable
      maxHeight={420}
      limit={40}
      nothingFound="Nothing has this name."
      onSpotlightOpen={() => setOpen(true)}
      onSpotlightClose={() => setOpen(false)}
      searchProps={{
        leftSection: <IconSearch size={18} />,
        placeholder: "Go to, find, or do …",
        "aria-label": "Search or do",
        onKeyDown: takeFirst,
      }}
    />
  );
}

/** Enter takes the first action when none is chosen, as after the list has changed under a query. */
function takeFirst(event: KeyboardEvent<HTMLInputElement>): void {
  if (event.key !== "Enter") return;
  const palette = event.currentTarget.closest("[role=dialog]");
  if (palette && !palette.querySelector("[data-action][data-selected]"))
    palette.querySelector<HTMLElement>("[data-action]")?.click();
}
