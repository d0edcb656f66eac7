import { Select } from "@mantine/core";
import { useMemo, useState } from "react";
import classes from "./node-look.module.css";
import { itemsOf } from "./node-tone";
import { useRun, useRunStore } from "./run-store";

interface Props {
  node: string;
}

/** Chooses which item of a container the nodes inside speak of. */
export function ItemSelect({ node }: Props) {
  const store = useRunStore();
  const focus = useRun((run) => run.focus);
  const [opened, setOpened] = useState(false);
  const order = useRun((run) => (opened ? run.shown.order : null));
  const items = useMemo(() => (order === null ? [] : itemsOf(order, node)), [order, node]);
  const mine = focus?.startsWith(`${node}[`) ? focus : null;
  return (
    <Select
      className={`nodrag nopan ${classes.items}`}
      size="xs"
      aria-label="Item"
      placeholder="All items"
      clearable
      searchable
      limit={100}
      value={mine}
      data={mine && !items.includes(mine) ? [mine, ...items] : items}
      onDropdownOpen={() => setOpened(true)}
      onDropdownClose={() => setOpened(false)}
      onChange={(value) => store.setState({ focus: value })}
    />
  );
}
