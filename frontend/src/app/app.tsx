import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect } from "react";
import { unreachable } from "@/api/problem";
import { freshToken } from "@/api/request";
import { useSession } from "@/api/session";
import { ErrorPanel } from "@/components/error-panel";
import { queryClient } from "./query-client";
import { router } from "./router";
import { cssVariables, theme } from "./theme";

const colorScheme = localStorageColorSchemeManager({ key: "perdure-color-scheme" });

/** The whole app: look, server state, routes. */
export function App() {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      colorSchemeManager={colorScheme}
      defaultColorScheme="auto"
    >
      <QueryClientProvider client={queryClient}>
        <Notifications position="bottom-right" limit={4} />
        <Pages />
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** The routes, as soon as it is known whether somebody is signed in. */
function Pages() {
  const state = useSession((session) => session.state);
  const resume = useQuery({
    queryKey: ["resume"],
    queryFn: resumeSession,
    enabled: state === "starting",
    retry: 2,
  });
  useEffect(() => {
    if (state === "out") queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== "setup" });
    void router.invalidate();
  }, [state]);
  if (state !== "starting") return <RouterProvider router={router} />;
  return resume.isError ? <ErrorPanel error={resume.error} onRetry={() => void resume.refetch()} /> : null;
}

/** Take up the session of an earlier visit. */
async function resumeSession(): Promise<boolean> {
  await freshToken();
  if (useSession.getState().state === "starting") throw unreachable();
  return true;
}
