import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { listAbsences, listMyAbsences } from "@/api/generated/absences";
import { listApiKeys } from "@/api/generated/api-keys";
import { listApprovalRules, listApprovalRuleVersions } from "@/api/generated/approval-rules";
import { listAuditEntries } from "@/api/generated/audit";
import { listCalendars, listHolidayCountries, previewCalendar } from "@/api/generated/calendars";
import { getCredentialUsage, listCredentials, listCredentialTypes } from "@/api/generated/credentials";
import { listGroups } from "@/api/generated/groups";
import { listInvitations } from "@/api/generated/invitations";
import { listMembers } from "@/api/generated/members";
import { getOwnNotifications, listChannels, listMessages } from "@/api/generated/notifications";
import type { ListAuditEntriesParams } from "@/api/generated/perdure.schemas";
import { getSecondFactor, getSecondFactorPolicy } from "@/api/generated/second-factor";
import { listSessions } from "@/api/generated/sign-in";
import { listCallbacks, listSubscriptions } from "@/api/generated/subscriptions";
import { getQuotas, getUsage } from "@/api/generated/workspace";

/** The parts of the settings that change together, as query keys. */
export const settingsKeys = {
  members: ["settings", "members"],
  invitations: ["settings", "invitations"],
  groups: ["settings", "groups"],
  keys: ["settings", "api-keys"],
  credentials: ["settings", "credentials"],
  quotas: ["settings", "quotas"],
  sessions: ["settings", "sessions"],
  secondFactor: ["settings", "second-factor"],
  audit: ["settings", "audit"],
  notifications: ["settings", "notifications"],
  messages: ["settings", "notifications", "messages"],
  rules: ["settings", "approval-rules"],
  calendars: ["settings", "calendars"],
  absences: ["settings", "absences"],
  subscriptions: ["settings", "subscriptions"],
} as const;

interface PageOf<Item> {
  items: Item[];
  next_cursor: string | null;
}

type Cursor = { cursor?: string };

function paged<Item>(
  queryKey: readonly unknown[],
  read: (cursor: Cursor, signal: AbortSignal) => Promise<PageOf<Item>>,
) {
  return infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam, signal }) => read(pageParam === null ? {} : { cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page: PageOf<Item>) => page.next_cursor,
  });
}

/** Members, all or those of one group. */
export const membersQuery = (filter: { group?: string; text?: string } = {}) =>
  paged([...settingsKeys.members, filter], (at, signal) => listMembers({ ...filter, ...at }, { signal }));

/** Members to choose from. */
export const peopleQuery = queryOptions({
  queryKey: [...settingsKeys.members, "people"],
  queryFn: ({ signal }) => listMembers({ limit: 200 }, { signal }),
});

export const invitationsQuery = paged(settingsKeys.invitations, (at, signal) =>
  listInvitations({ state: "open", ...at }, { signal }),
);

export const groupsQuery = paged(settingsKeys.groups, (at, signal) => listGroups(at, { signal }));

export const keysQuery = paged(settingsKeys.keys, (at, signal) => listApiKeys(at, { signal }));

export const credentialsQuery = paged(settingsKeys.credentials, (at, signal) =>
  listCredentials(at, { signal }),
);

export type AuditFilter = Omit<ListAuditEntriesParams, "cursor" | "limit">;

export const auditQuery = (filter: AuditFilter) =>
  paged([...settingsKeys.audit, filter], (at, signal) => listAuditEntries({ ...filter, ...at }, { signal }));

export const notificationsQuery = queryOptions({
  queryKey: [...settingsKeys.notifications, "own"],
  queryFn: ({ signal }) => getOwnNotifications({ signal }),
});

export const channelsQuery = queryOptions({
  queryKey: [...settingsKeys.notifications, "rooms"],
  queryFn: ({ signal }) => listChannels({ signal }),
});

export const messagesQuery = paged(settingsKeys.messages, (at, signal) => listMessages(at, { signal }));

export const credentialTypesQuery = queryOptions({
  queryKey: ["settings", "credential-types"],
  queryFn: ({ signal }) => listCredentialTypes({ signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

export const credentialUsageQuery = (id: string) =>
  queryOptions({
    queryKey: ["settings", "credential-usage", id],
    queryFn: ({ signal }) => getCredentialUsage(id, { signal }),
  });

export const quotasQuery = queryOptions({
  queryKey: [...settingsKeys.quotas, "limits"],
  queryFn: ({ signal }) => getQuotas({ signal }),
});

export const usageQuery = queryOptions({
  queryKey: [...settingsKeys.quotas, "use"],
  queryFn: ({ signal }) => getUsage({ signal }),
});

export const sessionsQuery = queryOptions({
  queryKey: settingsKeys.sessions,
  queryFn: ({ signal }) => listSessions({ signal }),
});

export const secondFactorQuery = queryOptions({
  queryKey: [...settingsKeys.secondFactor, "own"],
  queryFn: ({ signal }) => getSecondFactor({ signal }),
});

export const secondFactorPolicyQuery = queryOptions({
  queryKey: [...settingsKeys.secondFactor, "policy"],
  queryFn: ({ signal }) => getSecondFactorPolicy({ signal }),
});

/** All rules of the workspace are on the first page; those of runs follow. */
export const rulesQuery = paged(settingsKeys.rules, (at, signal) =>
  listApprovalRules({ limit: 200, ...at }, { signal }),
);

export const ruleVersionsQuery = (id: string) =>
  queryOptions({
    queryKey: [...settingsKeys.rules, "versions", id],
    queryFn: ({ signal }) => listApprovalRuleVersions(id, { signal }),
  });

export const calendarsQuery = paged(settingsKeys.calendars, (at, signal) => listCalendars(at, { signal }));

export const countriesQuery = queryOptions({
  queryKey: ["settings", "holiday-countries"],
  queryFn: ({ signal }) => listHolidayCountries({ signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

export const calendarPreviewQuery = (id: string, seconds: number, from: string | null) =>
  queryOptions({
    queryKey: [...settingsKeys.calendars, "preview", id, seconds, from],
    queryFn: ({ signal }) => previewCalendar(id, { seconds, ...(from && { from }) }, { signal }),
  });

export const absencesQuery = paged([...settingsKeys.absences, "all"], (at, signal) =>
  listAbsences(at, { signal }),
);

export const ownAbsencesQuery = paged([...settingsKeys.absences, "own"], (at, signal) =>
  listMyAbsences(at, { signal }),
);

export const subscriptionsQuery = paged(settingsKeys.subscriptions, (at, signal) =>
  listSubscriptions(at, { signal }),
);

export const callbacksQuery = (id: string) =>
  paged([...settingsKeys.subscriptions, "log", id], (at, signal) => listCallbacks(id, at, { signal }));
