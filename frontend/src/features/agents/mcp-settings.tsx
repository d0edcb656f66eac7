import { Button, Code, Fieldset, SegmentedControl, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { McpToolFound, McpToolList } from "@/api/generated/perdure.schemas";
import { listMcpTools } from "@/api/generated/tools";
import { FormAlert } from "@/components/form/form-alert";
import classes from "./agent-page.module.css";
import { credentialsQuery } from "./agent-queries";
import { namesIn, type Settings } from "./found-tools";
import { McpFound } from "./mcp-found";

interface Props {
  settings: Settings;
  fault: string | undefined;
  onChange: (settings: Settings) => void;
}

/** Where an MCP server is, and which of its tools are given, pinned as they are when somebody looks at them. */
export function McpSettings({ settings, fault, onChange }: Props) {
  const [way, setWay] = useState(settings.server ? "server" : "url");
  const { url, server, credential } = settings;
  const where = way === "url" ? textOf(url) : textOf(server);
  const { read, take } = useMcpTools(
    way === "url" ? { url: where, credential: textOf(credential) || null } : { server: where },
    ({ items, pin }) => onChange({ ...settings, tools: items.map(({ tool }) => tool), pin }),
  );
  const set = (name: string, value: string) => {
    const { [name]: _, ...rest } = settings;
    onChange(value === "" ? rest : { ...rest, [name]: value });
  };
  const pinned = namesIn(settings.tools);
  return (
    <Fieldset legend="Server and its tools" variant="filled">
      <Stack gap="sm">
        {fault && <p className={classes.fault}>{fault}</p>}
        <SegmentedControl
          size="xs"
          aria-label="How the server is reached"
          data={[
            { value: "url", label: "By its address" },
            { value: "server", label: "Run by the operator" },
          ]}
          value={way}
          onChange={(next) => {
            const { url: _, server: __, credential: ___, ...rest } = settings;
            setWay(next);
            onChange(rest);
          }}
        />
        <Where way={way} settings={settings} onSet={set} />
        <Text size="sm">
          {pinned.length === 0 ? "No tools are given yet." : `Given: ${pinned.join(", ")}.`}{" "}
          {typeof settings.pin === "string" && (
            <>
              Pinned as <Code>{settings.pin.slice(0, 12)}</Code>
            </>
          )}
        </Text>
        <Button
          w="fit-content"
          variant="default"
          loading={read.isPending}
          disabled={where === ""}
          onClick={() => read.mutate(null)}
        >
          Read its tools
        </Button>
        <FormAlert error={read.error ?? take.error} />
        {read.data && (
          <McpFound
            key={read.data.pin}
            found={read.data}
            pinned={settings.tools}
            taking={take.isPending}
            onTake={(looked) => take.mutate(looked)}
          />
        )}
      </Stack>
    </Fieldset>
  );
}

interface WhereProps {
  way: string;
  settings: Settings;
  onSet: (name: string, value: string) => void;
}

/** Where the server is: an address and what opens it, or a name that the operator has given. */
function Where({ way, settings, onSet }: WhereProps) {
  const { data: credentials } = useQuery(credentialsQuery);
  const { url, server, credential } = settings;
  if (way !== "url")
    return (
      <TextInput
        label="Name of the server"
        description="As the operator of this installation has named it."
        value={textOf(server)}
        onChange={(event) => onSet("server", event.currentTarget.value.trim())}
      />
    );
  return (
    <>
      <TextInput
        label="Address"
        description="Of a server that speaks streamable HTTP."
        placeholder="https://mcp.example.com/mcp"
        value={textOf(url)}
        onChange={(event) => onSet("url", event.currentTarget.value.trim())}
      />
      <Select
        label="Credential"
        placeholder="None"
        clearable
        clearButtonProps={{ "aria-label": "No credential" }}
        data={(credentials ?? []).filter(({ type }) => type !== "llm_provider").map(({ name }) => name)}
        value={textOf(credential) || null}
        onChange={(next) => onSet("credential", next ?? "")}
      />
    </>
  );
}

type Server = Pick<Parameters<typeof listMcpTools>[0], "url" | "credential" | "server">;

/** Reads the tools of a server, and takes those that were looked at. */
function useMcpTools(server: Server, onTaken: (tools: McpToolList) => void) {
  const read = useMutation({
    mutationFn: (only: string[] | null) => listMcpTools({ ...server, only }),
  });
  const take = useMutation({
    // Asked once more, so that the pin is over exactly those that were looked at.
    mutationFn: async (looked: McpToolFound[]) => {
      const now = await listMcpTools({ ...server, only: looked.map(({ name }) => name) });
      const seen = new Map(looked.map(({ name, digest }) => [name, digest]));
      const changed = now.items.filter(({ name, digest }) => seen.get(name) !== digest);
      if (changed.length > 0 || now.items.length < looked.length)
        throw new Error("The server has changed its tools meanwhile. Read them again.");
      return now;
    },
    onSuccess: onTaken,
  });
  return { read, take };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
