const KEY = "perdure.sign-on.next";

/** Remember where somebody wanted to go, while they are at the provider. */
export function keepDestination(next: string | undefined): void {
  if (next === undefined) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, next);
}

/** Where they wanted to go; it is forgotten then. Only paths of this app were kept. */
export function takeDestination(): string | undefined {
  const next = sessionStorage.getItem(KEY) ?? undefined;
  sessionStorage.removeItem(KEY);
  return next?.startsWith("/") && !/^\/[/\\]/.test(next) ? next : undefined;
}
