import { Loader } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { finishSignOn } from "@/api/generated/sign-in";
import { sentenceOf } from "@/api/problem";
import { LinkAnchor } from "@/components/links";
import { AuthCard } from "./auth-card";
import { enter } from "./enter";
import { takeDestination } from "./sign-on-destination";

/** Where a provider sends the browser back to: exchanges what it has sent for a session, once. */
export function SignOnCallbackPage() {
  const { code, state, iss, error: refusal, error_description } = useSearch({ from: "/login/callback" });
  const navigate = useNavigate();
  const { mutate, isError, error } = useMutation({
    mutationFn: (answer: { code: string; state: string }) =>
      finishSignOn({ ...answer, ...(iss ? { iss } : {}) }),
    onSuccess: (answer) => {
      enter(answer);
      void navigate({ href: takeDestination() ?? "/workflows", replace: true });
    },
  });
  const tried = useRef(false);
  useEffect(() => {
    // Strict mode mounts twice, and an answer counts once.
    if (tried.current || code === undefined || state === undefined) return;
    tried.current = true;
    mutate({ code, state });
  }, [mutate, code, state]);
  const failed = isError ? sentenceOf(error) : missing(code, state, refusal, error_description);
  if (failed === null) {
    return (
      <AuthCard title="Signing you in" lead="One moment.">
        <Loader size="sm" />
      </AuthCard>
    );
  }
  return (
    <AuthCard title="You are not signed in" lead={failed}>
      <LinkAnchor to="/login" size="sm">
        Try again
      </LinkAnchor>
    </AuthCard>
  );
}

function missing(
  code: string | undefined,
  state: string | undefined,
  refusal: string | undefined,
  description: string | undefined,
): string | null {
  if (refusal === "access_denied")
    return "Your company’s provider has not let you in, or you have turned back.";
  if (refusal !== undefined) return `Your company’s provider says: ${(description ?? refusal).slice(0, 300)}`;
  return code === undefined || state === undefined
    ? "The answer of your company’s provider is not complete."
    : null;
}
