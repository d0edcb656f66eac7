import { UnstyledButton } from "@mantine/core";
import { IconPaperclip } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { getFile, getGetFileContentUrl } from "@/api/generated/files";
import { send } from "@/api/request";
import { notifyFailure } from "@/lib/notify";
import { saveFile } from "@/lib/save-file";
import classes from "./attached.module.css";

interface Part {
  type?: string;
  name?: string;
  file?: string | null;
  data?: string | null;
  media_type?: string | null;
}

interface Props {
  parts: readonly unknown[];
}

/** Images and files of a message. */
export function Attached({ parts }: Props) {
  const attached = (parts as Part[]).filter(({ type }) => type === "image" || type === "file");
  if (attached.length === 0) return null;
  return (
    <ul className={classes.list} aria-label="Attached">
      {attached.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a part is what stands at its place
        <li key={index}>{part.type === "image" ? <Picture part={part} /> : <Document part={part} />}</li>
      ))}
    </ul>
  );
}

function Picture({ part }: { part: Part }) {
  const file = part.file ?? null;
  const inline = part.data && part.media_type ? `data:${part.media_type};base64,${part.data}` : null;
  const { data: stored } = useQuery({ ...fileQuery(file), enabled: file !== null });
  const address = useMemo(() => stored && URL.createObjectURL(stored.blob), [stored]);
  useEffect(() => {
    if (!address) return;
    return () => URL.revokeObjectURL(address);
  }, [address]);
  const shown = inline ?? address;
  if (!shown) return <span className={classes.file}>Image</span>;
  return <img src={shown} alt={stored?.name ?? "Attached"} className={classes.image} />;
}

/** An image with its type, since files are served as what no browser would show. */
function fileQuery(id: string | null) {
  return {
    queryKey: ["files", "image", id] as const,
    queryFn: async ({ signal }: { signal: AbortSignal }) => {
      const { name, media_type } = await getFile(id ?? "", { signal });
      const content = await (await send(getGetFileContentUrl(id ?? ""), { signal })).arrayBuffer();
      // A drawing in SVG could run scripts if somebody opened it by itself.
      const type = media_type === "image/svg+xml" ? "application/octet-stream" : media_type;
      return { name, blob: new Blob([content], { type }) };
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  };
}

function Document({ part }: { part: Part }) {
  const { file, name = "file" } = part;
  const save = async () => {
    try {
      saveFile(name, await (await send(getGetFileContentUrl(file ?? ""))).blob());
    } catch (error) {
      notifyFailure(`${name} was not downloaded`, error);
    }
  };
  return (
    <UnstyledButton className={classes.file} disabled={!file} onClick={() => void save()}>
      <IconPaperclip size={14} aria-hidden /> {name}
    </UnstyledButton>
  );
}
