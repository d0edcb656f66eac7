import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { getHookDelivery, listHookDeliveries, listHooks, previewHook } from "@/api/generated/hooks";
import type { HookDeliveryStatus, PreviewHook, ScheduleTimesInput } from "@/api/generated/perdure.schemas";
import {
  getScheduleCalendar,
  listScheduleStarts,
  listSchedules,
  previewSchedule,
} from "@/api/generated/schedules";

/** What changes together, as query keys. */
export const triggerKeys = {
  schedules: ["triggers", "schedules"],
  hooks: ["triggers", "hooks"],
} as const;

/** The schedules of a workflow, or of the workspace. */
export const schedulesQuery = (workflow: string | undefined) =>
  infiniteQueryOptions({
    queryKey: [...triggerKeys.schedules, "list", workflow],
    queryFn: ({ signal, pageParam }) =>
      listSchedules(
        { ...(workflow && { workflow }), limit: 50, ...(pageParam && { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: "",
    getNextPageParam: ({ next_cursor }) => next_cursor,
    refetchInterval: 15_000,
  });

export const calendarQuery = (from: string, until: string, workflow: string | undefined) =>
  queryOptions({
    queryKey: [...triggerKeys.schedules, "calendar", from, until, workflow],
    queryFn: ({ signal }) =>
      getScheduleCalendar({ starts_at: from, ends_at: until, ...(workflow && { workflow }) }, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });

export const startsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: [...triggerKeys.schedules, "starts", id],
    queryFn: ({ signal, pageParam }) =>
      listScheduleStarts(id, { limit: 20, ...(pageParam && { cursor: pageParam }) }, { signal }),
    initialPageParam: "",
    getNextPageParam: ({ next_cursor }) => next_cursor,
    refetchInterval: 5_000,
  });

/** The next ten times of a schedule. */
export const timesQuery = (times: ScheduleTimesInput) =>
  queryOptions({
    queryKey: [...triggerKeys.schedules, "times", times],
    queryFn: ({ signal }) => previewSchedule({ times }, { signal }),
    retry: false,
    placeholderData: keepPreviousData,
  });

export const hooksQuery = (workflow: string) =>
  queryOptions({
    queryKey: [...triggerKeys.hooks, workflow],
    queryFn: ({ signal }) => listHooks({ workflow, limit: 200 }, { signal }),
  });

/** What came in, of one status or all. */
export const deliveriesQuery = (id: string, status: HookDeliveryStatus | undefined) =>
  infiniteQueryOptions({
    queryKey: [...triggerKeys.hooks, "deliveries", id, status],
    queryFn: ({ signal, pageParam }) =>
      listHookDeliveries(
        id,
        { limit: 20, ...(status && { status }), ...(pageParam && { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: "",
    getNextPageParam: ({ next_cursor }) => next_cursor,
    refetchInterval: 5_000,
  });

export const deliveryQuery = (hook: string, delivery: string) =>
  queryOptions({
    queryKey: [...triggerKeys.hooks, "delivery", hook, delivery],
    queryFn: ({ signal }) => getHookDelivery(hook, delivery, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** What a hook would do with something that came in, or could. */
export const previewQuery = (body: PreviewHook) =>
  queryOptions({
    queryKey: [...triggerKeys.hooks, "preview", body],
    queryFn: ({ signal }) => previewHook(body, { signal }),
    retry: false,
    placeholderData: keepPreviousData,
  });
