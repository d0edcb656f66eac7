import { Button, Group, Modal, Select, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Run, RunSummary } from "@/api/generated/perdure.schemas";
import { runsQuery } from "@/api/queries/runs";
import { lookOf } from "@/components/status";
import { moment, shortId } from "@/lib/format";

interface Props {
  run: Run;
  onClose: () => void;
}

const WHOLE_ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

/** Asks which other run to put beside this one. */
export function CompareDialog({ run, onClose }: Props) {
  const navigate = useNavigate();
  const { data } = useInfiniteQuery({ ...runsQuery({ workflow: run.workflow }), refetchInterval: false });
  const [other, setOther] = useState<string | null>(run.forked_from);
  const [typed, setTyped] = useState("");
  const options = optionsOf(run, data?.pages.flatMap((page) => page.items) ?? [], typed.trim());
  return (
    <Modal opened onClose={onClose} title="Compare with another run">
      <Stack>
        <Text size="sm">
          Both runs are put side by side, step by step, beginning with where they went different ways.
        </Text>
        <Select
          label="Other run"
          description="The latest of the same workflow; any other by its id."
          placeholder="Choose a run or paste an id"
          searchable
          data={options}
          value={other}
          onChange={setOther}
          onSearchChange={setTyped}
          nothingFoundMessage="No such run is listed; paste the whole id."
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button
            disabled={other === null}
            onClick={() =>
              other &&
              void navigate({
                to: "/runs/$runId/compare",
                params: { runId: run.id },
                search: { with: other },
              })
            }
          >
            Compare
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** Each run once: those that are listed, the one it was forked from, and one whose whole id was typed. */
function optionsOf(run: Run, listed: RunSummary[], typed: string) {
  const named = [run.forked_from, typed].filter((id): id is string => id !== null && WHOLE_ID.test(id));
  const options = new Map(named.map((id) => [id, id]));
  for (const one of listed) options.set(one.id, labelOf(one));
  options.delete(run.id);
  return [...options].map(([value, label]) => ({ value, label }));
}

function labelOf(run: RunSummary): string {
  return `${shortId(run.id)} · ${lookOf(run.status).label.toLowerCase()} · ${moment(run.created_at)}`;
}
