import { ActionIcon, Button, FileButton, Group, Menu, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconDots, IconDownload, IconFile, IconFiles, IconTrash, IconUpload } from "@tabler/icons-react";
import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useState } from "react";
import { deleteFile, getGetFileContentUrl, uploadFile } from "@/api/generated/files";
import type { File as StoredFile } from "@/api/generated/perdure.schemas";
import { may, meQuery } from "@/api/queries/account";
import { filesQuery, knowledgeKeys } from "@/api/queries/knowledge";
import { send } from "@/api/request";
import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { LinkAnchor } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import { Page } from "@/components/page";
import { Timestamp } from "@/components/timestamp";
import { base64Of, bytes } from "@/lib/file-data";
import { notifyFailure } from "@/lib/notify";
import { saveFile } from "@/lib/save-file";
import classes from "./knowledge.module.css";
import { Places } from "./places";

/** Files that people have uploaded and agents have written. */
export function FilesPage() {
  const { data: me } = useQuery(meQuery);
  const edits = may(me, "workflows:edit");
  const [folder, setFolder] = useState("");
  return (
    <Page title="Files" actions={edits && <Upload folder={folder} />}>
      <Places />
      <Listed folder={folder} onFolder={setFolder} edits={edits} />
    </Page>
  );
}

function Upload({ folder }: { folder: string }) {
  const client = useQueryClient();
  const upload = useMutation({
    mutationFn: async (files: File[]) => {
      for (const file of files)
        await stored(file, folder).catch((error: unknown) =>
          notifyFailure(`${file.name} was not uploaded`, error),
        );
    },
    onSettled: () => client.invalidateQueries({ queryKey: knowledgeKeys.files }),
  });
  return (
    <FileButton multiple onChange={(files) => upload.mutate(files)}>
      {(props) => (
        <Button {...props} leftSection={<IconUpload size={16} />} loading={upload.isPending}>
          Upload
        </Button>
      )}
    </FileButton>
  );
}

async function stored(file: File, folder: string): Promise<void> {
  await uploadFile({
    name: file.name,
    data: await base64Of(file),
    media_type: file.type || null,
    ...(folder && { folder }),
  });
}

interface ListedProps {
  folder: string;
  onFolder: (folder: string) => void;
  edits: boolean;
}

function Listed({ folder, onFolder, edits }: ListedProps) {
  const [settled] = useDebouncedValue(folder.trim(), 250);
  const files = useInfiniteQuery({ ...filesQuery(settled), placeholderData: keepPreviousData });
  if (files.isPending) return <LoadingRows />;
  const items = files.data?.pages.flatMap((page) => page.items) ?? [];
  if (files.data && items.length === 0 && folder === "")
    return (
      <EmptyState icon={IconFiles} title="No files yet">
        Files belong to folders, and an agent with the tool Files sees one of them: what people upload here,
        what is attached to a conversation, and what agents write.
      </EmptyState>
    );
  return (
    <>
      <Group>
        <TextInput
          size="xs"
          w={260}
          aria-label="Folder"
          placeholder="Folder, such as uploads"
          value={folder}
          onChange={(event) => onFolder(event.currentTarget.value)}
        />
      </Group>
      {files.isError && <ErrorPanel error={files.error} onRetry={() => void files.refetch()} />}
      {files.data && items.length === 0 && <p className={classes.detail}>There is nothing in this folder.</p>}
      {items.length > 0 && (
        <ul className={classes.list} aria-label="Files">
          {items.map((file) => (
            <FileRow key={file.id} file={file} edits={edits} />
          ))}
        </ul>
      )}
      {files.hasNextPage && (
        <Button variant="default" onClick={() => void files.fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  );
}

function FileRow({ file, edits }: { file: StoredFile; edits: boolean }) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteFile(file.id),
    onError: (error) => notifyFailure("The file stays", error),
    onSettled: () => client.invalidateQueries({ queryKey: knowledgeKeys.files }),
  });
  return (
    <li className={classes.row}>
      <IconFile size={19} stroke={1.6} aria-hidden />
      <div className={classes.what}>
        <div className={classes.name}>{file.name}</div>
        <div className={classes.detail}>
          {[file.folder, bytes(file.size), `by ${file.created_by}`].join(" · ")}
          {file.run_id && (
            <>
              {" · "}
              <LinkAnchor to="/runs/$runId" params={{ runId: file.run_id }} inherit>
                from a run
              </LinkAnchor>
            </>
          )}
        </div>
      </div>
      <div className={classes.detail}>
        <Timestamp at={file.created_at} />
      </div>
      <Menu>
        <Menu.Target>
          <ActionIcon aria-label={`Actions of ${file.name}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconDownload size={15} />} onClick={() => void saved(file)}>
            Download
          </Menu.Item>
          {edits && (
            <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={() => remove.mutate()}>
              Delete
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
    </li>
  );
}

async function saved({ id, name }: StoredFile): Promise<void> {
  try {
    saveFile(name, await (await send(getGetFileContentUrl(id))).blob());
  } catch (error) {
    notifyFailure(`${name} was not downloaded`, error);
  }
}
