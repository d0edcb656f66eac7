import { uploadFile } from "@/api/generated/files";
import type { FilePart, ImagePart, TextPart } from "@/api/generated/perdure.schemas";
import { base64Of, bytes } from "@/lib/file-data";

export type Said = string | (TextPart | ImagePart | FilePart)[];

/** A request can carry so much, of which base64 takes a third more. */
export const MOST_BYTES = 3_000_000;
export const MOST_FILES = 10;

/** Why a file cannot be attached; null if it can. */
export function refusal({ name, size }: File): string | null {
  if (size === 0) return `${name} is empty.`;
  if (size > MOST_BYTES) return `${name} has ${bytes(size)}; at most ${bytes(MOST_BYTES)} can be attached.`;
  return null;
}

/** What is said, with files stored first in the folder that the agent of the conversation sees. */
export async function saidWith(text: string, files: readonly File[], session: string): Promise<Said> {
  if (files.length === 0) return text;
  const parts = await Promise.all(files.map((file) => stored(file, `chat/${session}`)));
  return [...(text === "" ? [] : [{ type: "text" as const, text }]), ...parts];
}

async function stored(file: File, folder: string): Promise<ImagePart | FilePart> {
  const { id, name, media_type } = await uploadFile({
    name: file.name,
    data: await base64Of(file),
    media_type: file.type || null,
    folder,
  });
  if (media_type.startsWith("image/")) return { type: "image", file: id };
  return { type: "file", name, file: id };
}

interface AnyPart {
  type?: string;
}

/** A message with another text; what is attached to it stays. */
export function withText(parts: readonly AnyPart[], text: string): Said {
  const attached = parts.filter(({ type }) => type === "image" || type === "file") as (
    | ImagePart
    | FilePart
  )[];
  return attached.length === 0 ? text : [{ type: "text", text }, ...attached];
}
