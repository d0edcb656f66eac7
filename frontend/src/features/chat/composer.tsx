import { ActionIcon, Checkbox, FileButton, Pill, Textarea, Tooltip } from "@mantine/core";
import { IconArrowUp, IconPaperclip, IconPlayerStopFilled } from "@tabler/icons-react";
import { type ClipboardEvent, type KeyboardEvent, useState } from "react";
import { notifyFailure } from "@/lib/notify";
import { MOST_FILES, refusal } from "./attachments";
import classes from "./composer.module.css";

interface Props {
  placeholder: string;
  /** Something is being answered; it can be stopped, and told something meanwhile. */
  busy: boolean;
  /** A message is on its way. */
  sending: boolean;
  /** People answer, so one may speak in the agent's place. */
  human: boolean;
  /** Rejects if it was not said; then it stands in the field again. */
  onSend: (text: string, files: readonly File[], asMember: boolean) => Promise<unknown>;
  /** Says something to the agent at work; absent where that cannot be. */
  onSteer?: ((text: string) => Promise<unknown>) | undefined;
  onStop: () => void;
}

/** Where one writes: Enter sends, Shift and Enter begins a line; files are chosen, dropped or pasted. */
export function Composer(props: Props) {
  const { placeholder, busy, sending, human, onStop } = props;
  const { text, setText, files, attach, drop, asMember, setAsMember, steers, ready, send } =
    useMessage(props);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const onPaste = (event: ClipboardEvent) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    attach([...event.clipboardData.files]);
  };
  return (
    <fieldset
      className={classes.root}
      aria-label="Write"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        attach([...event.dataTransfer.files]);
      }}
    >
      {human && (
        <Checkbox
          size="xs"
          label="Answer in place of the agent"
          checked={asMember}
          onChange={(event) => setAsMember(event.currentTarget.checked)}
        />
      )}
      <Attached files={files} onDrop={drop} />
      <div className={classes.box}>
        <FileButton multiple onChange={attach}>
          {(chosen) => (
            <Tooltip label="Attach files">
              <ActionIcon {...chosen} aria-label="Attach files" disabled={busy}>
                <IconPaperclip size={17} />
              </ActionIcon>
            </Tooltip>
          )}
        </FileButton>
        <Textarea
          aria-label="Message"
          placeholder={steers ? "Add something while it works" : placeholder}
          variant="unstyled"
          autosize
          minRows={1}
          maxRows={10}
          className={classes.text}
          data-autofocus
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        {busy && (
          <Tooltip label="Stop">
            <ActionIcon variant="default" aria-label="Stop" onClick={onStop}>
              <IconPlayerStopFilled size={15} />
            </ActionIcon>
          </Tooltip>
        )}
        {(!busy || steers) && <Send ready={ready} sending={sending} onSend={send} />}
      </div>
    </fieldset>
  );
}

/** What is written and attached; it stands there again if it could not be said. */
function useMessage({ busy, sending, human, onSend, onSteer }: Props) {
  const [text, setText] = useState("");
  const [files, setFiles] = useState<readonly File[]>([]);
  const [asMember, setAsMember] = useState(true);
  const said = text.trim();
  const steers = busy && onSteer !== undefined;
  const ready =
    !sending && (steers ? said !== "" && files.length === 0 : !busy && (said !== "" || files.length > 0));
  const attach = (chosen: readonly File[]) =>
    setFiles((before) => [...before, ...accepted(chosen, before.length)]);
  const drop = (index: number) => setFiles((before) => before.filter((_, place) => place !== index));
  const send = () => {
    if (!ready) return;
    const going = steers ? onSteer(said) : onSend(said, files, human && asMember);
    setText("");
    setFiles([]);
    going.catch(() => {
      setText((since) => since || said);
      setFiles((since) => (since.length > 0 ? since : files));
    });
  };
  return { text, setText, files, attach, drop, asMember, setAsMember, steers, ready, send };
}

function Attached({ files, onDrop }: { files: readonly File[]; onDrop: (index: number) => void }) {
  if (files.length === 0) return null;
  return (
    <Pill.Group aria-label="Files to be sent">
      {files.map((file, index) => (
        <Pill
          // biome-ignore lint/suspicious/noArrayIndexKey: two files may be equal
          key={index}
          withRemoveButton
          removeButtonProps={{
            "aria-label": `Take ${file.name} away`,
            tabIndex: 0,
            "aria-hidden": false,
          }}
          onRemove={() => onDrop(index)}
        >
          {file.name}
        </Pill>
      ))}
    </Pill.Group>
  );
}

function Send({ ready, sending, onSend }: { ready: boolean; sending: boolean; onSend: () => void }) {
  return (
    <ActionIcon
      variant="filled"
      color="iris"
      aria-label="Send"
      loading={sending}
      disabled={!ready}
      onClick={onSend}
    >
      <IconArrowUp size={18} />
    </ActionIcon>
  );
}

/** Those of the files that can be attached beside others; of the rest it is told why not. */
function accepted(chosen: readonly File[], beside: number): File[] {
  const fitting = chosen.filter((file) => {
    const problem = refusal(file);
    if (problem !== null) notifyFailure("It was not attached", new Error(problem));
    return problem === null;
  });
  const room = Math.max(0, MOST_FILES - beside);
  if (fitting.length > room)
    notifyFailure("Not all were attached", new Error(`A message can carry ${MOST_FILES} files.`));
  return fitting.slice(0, room);
}
