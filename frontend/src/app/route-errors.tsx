import type { ErrorComponentProps } from "@tanstack/react-router";
import { ApiError } from "@/api/problem";
import { ErrorPanel } from "@/components/error-panel";

/** In place of a page that broke. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  return <ErrorPanel error={error} onRetry={reset} />;
}

/** In place of a page that does not exist. */
export function RouteMissing() {
  return (
    <main>
      <ErrorPanel error={new ApiError(404, "not_found", "No page has this address.", null, null)} />
    </main>
  );
}
