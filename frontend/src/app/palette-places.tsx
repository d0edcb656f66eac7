import type { SpotlightActionGroupData } from "@mantine/spotlight";
import {
  IconArrowsSplit2,
  IconBrain,
  IconFiles,
  IconPlayerPlay,
  IconSearch,
  IconSettings,
  IconTemplate,
} from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { may, meQuery } from "@/api/queries/account";
import { runsQuery } from "@/api/queries/runs";
import { workflowsQuery } from "@/api/queries/workflows";
import { StatusIcon } from "@/components/status";
import { shortId } from "@/lib/format";
import { SETTINGS_AREAS } from "@/lib/settings-pages";
import { DESTINATIONS } from "./destinations";

/** Pages of the app, those of the settings too. */
export function usePages(): SpotlightActionGroupData {
  const navigate = useNavigate();
  const { data: me } = useQuery(meQuery);
  const main = DESTINATIONS.map(({ to, label, description, icon: Icon }) => ({
    id: to,
    label,
    description,
    leftSection: <Icon size={18} stroke={1.7} />,
    onClick: () => void navigate({ to }),
  }));
  const templates = {
    id: "/templates",
    label: "Templates",
    description: "Workflows to begin with",
    leftSection: <IconTemplate size={18} stroke={1.7} />,
    onClick: () => void navigate({ to: "/templates" }),
  };
  const memories = {
    id: "/memories",
    label: "Memories",
    description: "What agents remember",
    leftSection: <IconBrain size={18} stroke={1.7} />,
    onClick: () => void navigate({ to: "/memories" }),
  };
  const files = {
    id: "/files",
    label: "Files",
    description: "Uploaded by people, written by agents",
    leftSection: <IconFiles size={18} stroke={1.7} />,
    onClick: () => void navigate({ to: "/files" }),
  };
  const places = SETTINGS_AREAS.flatMap((area) => area.places);
  const settings = places
    .filter(({ needs }) => needs === undefined || may(me, needs))
    .map(({ to, label }) => ({
      id: to,
      label,
      description: "Settings",
      leftSection: <IconSettings size={18} stroke={1.7} />,
      onClick: () => void navigate({ to }),
    }));
  return { group: "Pages", actions: [...main, templates, memories, files, ...settings] };
}

/** Workflows; with a query those that it finds on the server, however many there are. */
export function useWorkflows(enabled: boolean, query: string): SpotlightActionGroupData {
  const navigate = useNavigate();
  const { data, isPlaceholderData } = useInfiniteQuery({
    ...workflowsQuery(query ? { q: query } : {}),
    enabled,
    placeholderData: keepPreviousData,
  });
  const items = data?.pages[0]?.items ?? [];
  const actions = items.map(({ slug, name }) => ({
    id: `workflow-${slug}`,
    label: name,
    description: slug,
    // What the server has found by its description or a tag is shown although its name does not say it; what stands
    // there from the query before is not.
    keywords: isPlaceholderData ? "" : query,
    leftSection: <IconArrowsSplit2 size={18} stroke={1.7} />,
    onClick: () => void navigate({ to: "/workflows/$slug", params: { slug } }),
  }));
  return { group: "Workflows", actions };
}

const SHOWN_RUNS = 20;

/** The latest runs. */
export function useRuns(enabled: boolean): SpotlightActionGroupData {
  const navigate = useNavigate();
  const { data } = useInfiniteQuery({ ...runsQuery({}), enabled, refetchInterval: false });
  const latest = (data?.pages[0]?.items.slice(0, SHOWN_RUNS) ?? []).map((run) => ({
    id: `run-${run.id}`,
    label: `${run.workflow} · ${shortId(run.id)}`,
    description: run.id,
    leftSection: <StatusIcon status={run.status} size={18} />,
    onClick: () => void navigate({ to: "/runs/$runId", params: { runId: run.id } }),
  }));
  return { group: "Latest runs", actions: latest };
}

const RUN_ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The way to any other run: by its id, or by a text of its input. */
export function useRunSearch(text: string): SpotlightActionGroupData {
  const navigate = useNavigate();
  const open = {
    id: "open-run",
    // In full, since what a label says comes before what stands elsewhere.
    label: `Open run ${text}`,
    leftSection: <IconPlayerPlay size={18} />,
    onClick: () => void navigate({ to: "/runs/$runId", params: { runId: text.toLowerCase() } }),
  };
  const search = {
    id: "search-runs",
    label: `Look for “${text}” in all runs`,
    keywords: text,
    leftSection: <IconSearch size={18} />,
    onClick: () => void navigate({ to: "/runs", search: { text } }),
  };
  const found = RUN_ID.test(text) ? [open, search] : [search];
  return { group: "Search", actions: text === "" ? [] : found };
}
