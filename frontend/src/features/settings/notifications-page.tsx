import { useQuery } from "@tanstack/react-query";
import {
  createChannel,
  createOwnChannel,
  deleteChannel,
  deleteOwnChannel,
  testChannel,
  testOwnChannel,
} from "@/api/generated/notifications";
import type { OwnNotifications } from "@/api/generated/perdure.schemas";
import { may, meQuery } from "@/api/queries/account";
import { ErrorPanel } from "@/components/error-panel";
import { LoadingRows } from "@/components/loading";
import { NotificationChannels } from "./notification-channels";
import { NotificationPreferences } from "./notification-preferences";
import { channelsQuery, notificationsQuery } from "./queries";
import { SentMessages } from "./sent-messages";

/** What one hears of, where and when; for those who manage the workspace, its rooms and the log too. */
export function NotificationsPage() {
  const { data: me } = useQuery(meQuery);
  // The operator's token is no person, and is told of nothing.
  const own = useQuery({ ...notificationsQuery, enabled: me !== undefined && me.user !== null });
  const manages = me !== undefined && may(me, "workspace:manage");
  const rooms = useQuery({ ...channelsQuery, enabled: manages });
  if (own.isError) return <ErrorPanel error={own.error} onRetry={() => void own.refetch()} />;
  if (!me || own.isLoading) return <LoadingRows rows={5} />;
  return (
    <>
      {own.data && <Own own={own.data} />}
      {manages && (
        <NotificationChannels
          title="Rooms of the workspace"
          lead="What everybody may hear, without personal links."
          empty="No room yet. Connect one, so that a team sees what waits."
          channels={rooms.data?.items ?? []}
          onCreate={createChannel}
          onDelete={deleteChannel}
          onTest={testChannel}
        />
      )}
      {manages && <SentMessages />}
    </>
  );
}

function Own({ own }: { own: OwnNotifications }) {
  return (
    <>
      <NotificationPreferences own={own} />
      <NotificationChannels
        title="My channels"
        lead="Slack, Teams or a webhook of your own, beside mail. Its address is never shown again."
        empty="Only mail so far."
        channels={own.channels}
        onCreate={createOwnChannel}
        onDelete={deleteOwnChannel}
        onTest={testOwnChannel}
      />
    </>
  );
}
