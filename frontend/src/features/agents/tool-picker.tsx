import { Modal, TextInput, UnstyledButton } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { type KeyboardEvent, useState } from "react";
import { KindIcon } from "@/components/graph/kind-icon";
import classes from "./agent-page.module.css";
import { effectWords, fittingTypes, type ToolType } from "./tool-types";

interface Props {
  opened: boolean;
  types: readonly ToolType[];
  onChoose: (type: ToolType) => void;
  onClose: () => void;
}

/** All types of tools, to choose one from; Enter takes the first that fits. */
export function ToolPicker({ opened, types, onChoose, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="Add a tool" size="lg">
      <Choices types={types} onChoose={onChoose} />
    </Modal>
  );
}

function Choices({ types, onChoose }: Pick<Props, "types" | "onChoose">) {
  const [text, setText] = useState("");
  const fitting = fittingTypes(types, text);
  const onKeyDown = (event: KeyboardEvent) => {
    const first = fitting[0];
    if (event.key !== "Enter" || text.trim() === "" || !first) return;
    event.preventDefault();
    onChoose(first);
  };
  return (
    <>
      <TextInput
        mb="sm"
        aria-label="Search tools"
        placeholder="What it should be able to do"
        leftSection={<IconSearch size={15} />}
        data-autofocus
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {fitting.length === 0 && (
        <p className={classes.detail}>No tool fits. HTTP and MCP reach most services.</p>
      )}
      <div className={classes.choices}>
        {fitting.map((type) => (
          <UnstyledButton key={type.type} className={classes.choice} onClick={() => onChoose(type)}>
            <div className={classes.name}>
              <KindIcon name={type.icon} size={16} /> {type.title}
            </div>
            <div className={classes.detail}>{type.description}</div>
            {effectWords(type.effect) && <div className={classes.effect}>{effectWords(type.effect)}</div>}
          </UnstyledButton>
        ))}
      </div>
    </>
  );
}
