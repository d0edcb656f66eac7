import { useMutation, useQueryClient } from "@tanstack/react-query";
import { putKnowledgeDocument } from "@/api/generated/knowledge";
import { knowledgeKeys } from "@/api/queries/knowledge";
import { base64Of, bytes } from "@/lib/file-data";
import { notifyFailure } from "@/lib/notify";

export const ACCEPTED = ".pdf,.docx,.html,.htm,.md,.markdown,.txt,.csv,.json,text/*";

/** A request can carry so much, of which base64 takes a third more. */
export const MOST_BYTES = 3_000_000;

/** Add files to a knowledge base, one after the other; what cannot be added is told and the rest goes on. */
export function useUpload(slug: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (files: File[]) => {
      for (const file of files)
        await added(slug, file).catch((error: unknown) => notifyFailure(`${file.name} was not added`, error));
    },
    onSettled: () => client.invalidateQueries({ queryKey: knowledgeKeys.one(slug) }),
  });
}

async function added(slug: string, file: File): Promise<void> {
  if (file.size > MOST_BYTES)
    throw new Error(
      `It has ${bytes(file.size)}; ${bytes(MOST_BYTES)} can be sent. Split it, or take its text.`,
    );
  if (file.size === 0) throw new Error("It is empty.");
  const content = await base64Of(file);
  await putKnowledgeDocument(slug, { name: file.name, content, media_type: file.type || null });
}
