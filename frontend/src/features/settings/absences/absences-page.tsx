import { Badge, Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { deleteAbsence, deleteMyAbsence } from "@/api/generated/absences";
import type { Absence } from "@/api/generated/perdure.schemas";
import { may, meQuery } from "@/api/queries/account";
import { LoadingRows } from "@/components/loading";
import { useNow } from "@/lib/clock";
import { moment } from "@/lib/format";
import { PagedList } from "../paged-list";
import { absencesQuery, ownAbsencesQuery, settingsKeys } from "../queries";
import { Section } from "../section";
import classes from "../settings.module.css";
import { useChange } from "../use-change";
import { AbsenceDialog } from "./absence-dialog";

/** Who is away, and who answers in their place; one's own first. */
export function AbsencesPage() {
  const { data: me } = useQuery(meQuery);
  if (!me) return <LoadingRows rows={3} />;
  return (
    <>
      {me.user && <Own self={me.user.id} />}
      <Everybody manages={may(me, "members:manage")} />
    </>
  );
}

interface OwnProps {
  self: string;
}

function Own({ self }: OwnProps) {
  const absences = useInfiniteQuery(ownAbsencesQuery);
  const [creating, create] = useDisclosure(false);
  return (
    <Section
      title="My absences"
      lead="While you are away, somebody else is asked what you are asked, and may answer in your place."
      actions={
        <Button leftSection={<IconPlus size={16} />} onClick={create.open}>
          I will be away
        </Button>
      }
    >
      <PagedList
        query={absences}
        label="My absences"
        empty="You are not away in the time to come."
        row={(absence) => <AbsenceRow key={absence.id} absence={absence} own={self} manages />}
      />
      <AbsenceDialog own={self} opened={creating} onClose={create.close} />
    </Section>
  );
}

interface EverybodyProps {
  manages: boolean;
}

function Everybody({ manages }: EverybodyProps) {
  const absences = useInfiniteQuery(absencesQuery);
  const [creating, create] = useDisclosure(false);
  return (
    <Section
      title="Everybody's"
      lead="Who is away, and who answers for them."
      actions={
        manages && (
          <Button variant="default" leftSection={<IconPlus size={16} />} onClick={create.open}>
            Somebody is away
          </Button>
        )
      }
    >
      <PagedList
        query={absences}
        label="Everybody's absences"
        empty="Nobody is away in the time to come."
        row={(absence) => <AbsenceRow key={absence.id} absence={absence} own={null} manages={manages} />}
      />
      <AbsenceDialog own={null} opened={creating} onClose={create.close} />
    </Section>
  );
}

interface RowProps {
  absence: Absence;
  /** Whose list it is; null in that of everybody. */
  own: string | null;
  manages: boolean;
}

function AbsenceRow({ absence, own, manages }: RowProps) {
  const { id, user, substitute, starts_at, ends_at } = absence;
  const [editing, edit] = useDisclosure(false);
  const remove = useChange({
    run: () => (own === null ? deleteAbsence(id) : deleteMyAbsence(id)),
    refresh: [settingsKeys.absences],
    done: () => (own === null ? `${user} is there again` : "You are there again"),
    failed: "The absence stays",
  });
  const now = useNow();
  const away = Date.parse(starts_at) <= now && now < Date.parse(ends_at);
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>
          {own === null ? user : `${moment(starts_at)} to ${moment(ends_at)}`}
        </div>
        <div className={classes.detail}>
          {own === null && `${moment(starts_at)} to ${moment(ends_at)} · `}
          {substitute} answers
        </div>
      </div>
      {away && <Badge color="blue">Away now</Badge>}
      {absence.substitute_away && (
        <Badge color="yellow" tt="none" title="For a part of the time nobody answers for both of them">
          Substitute away too
        </Badge>
      )}
      {manages && (
        <>
          <Button
            variant="subtle"
            size="compact-sm"
            onClick={edit.open}
            aria-label={own === null ? `Change the absence of ${user}` : "Change the absence"}
          >
            Change
          </Button>
          <Button
            variant="subtle"
            color="red"
            size="compact-sm"
            loading={remove.isPending}
            onClick={() => remove.mutate(undefined)}
            aria-label={own === null ? `Delete the absence of ${user}` : "Delete the absence"}
          >
            Delete
          </Button>
        </>
      )}
      <AbsenceDialog absence={absence} own={own} opened={editing} onClose={edit.close} />
    </li>
  );
}
