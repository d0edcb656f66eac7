import { ActionIcon, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconArchive,
  IconArchiveOff,
  IconCopy,
  IconDots,
  IconDownload,
  IconPencil,
  IconTags,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { WorkflowSummary } from "@/api/generated/perdure.schemas";
import { may, meQuery } from "@/api/queries/account";
import { TagsDialog } from "./tags-dialog";
import { useArchive, useClone, useExport } from "./workflow-changes";
import classes from "./workflows-table.module.css";

interface Props {
  workflow: WorkflowSummary;
}

/** What can be done with a workflow of the list. */
export function WorkflowMenu({ workflow }: Props) {
  const { data: me } = useQuery(meQuery);
  const navigate = useNavigate();
  const [tagging, tags] = useDisclosure(false);
  const archive = useArchive(workflow);
  const clone = useClone(workflow);
  const download = useExport(workflow);
  const edits = may(me, "workflows:edit");
  const archived = workflow.archived_at !== null;
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon className={classes.menu} aria-label={`Actions of ${workflow.name}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {edits && (
            <>
              <Menu.Item
                leftSection={<IconPencil size={16} />}
                onClick={() =>
                  void navigate({ to: "/workflows/$slug/edit", params: { slug: workflow.slug } })
                }
              >
                Edit
              </Menu.Item>
              <Menu.Item leftSection={<IconTags size={16} />} onClick={tags.open}>
                Tags
              </Menu.Item>
              <Menu.Item leftSection={<IconCopy size={16} />} onClick={() => clone.mutate()}>
                Copy
              </Menu.Item>
            </>
          )}
          <Menu.Item leftSection={<IconDownload size={16} />} onClick={() => download.mutate()}>
            Export as YAML
          </Menu.Item>
          {may(me, "workflows:publish") && (
            <Menu.Item
              leftSection={archived ? <IconArchiveOff size={16} /> : <IconArchive size={16} />}
              onClick={() => archive.mutate()}
            >
              {archived ? "Take out of the archive" : "Archive"}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <TagsDialog workflow={workflow} opened={tagging} onClose={tags.close} />
    </>
  );
}
