import { Alert, Anchor } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { SecondFactorRequired } from "@/api/generated/perdure.schemas";
import { setupQuery } from "@/api/queries/account";
import { useSession } from "@/api/session";
import { LinkButton } from "@/components/links";
import { AuthCard } from "./auth-card";
import { CodeForm } from "./code-form";
import { PasswordForm } from "./password-form";
import { ProviderButtons } from "./provider-buttons";
import { TicketEntry } from "./ticket-entry";
import { TokenForm } from "./token-form";

const LEAD = "Agents that do not lose their place.";

/** The ways in: password and second factor, a link that works once, or the token that the server was started with. */
export function LoginPage() {
  const { ticket, workspace, next } = useSearch({ from: "/login" });
  const [challenge, setChallenge] = useState<SecondFactorRequired | null>(null);
  const [withToken, setWithToken] = useState(false);
  if (ticket !== undefined) return <TicketEntry ticket={ticket} />;
  if (challenge !== null) {
    return (
      <AuthCard
        title="One more step"
        lead="Enter the code that your authenticator shows, or a recovery code."
      >
        <CodeForm challenge={challenge.challenge} onBack={() => setChallenge(null)} />
      </AuthCard>
    );
  }
  return (
    <AuthCard title="Sign in to Perdure" lead={LEAD}>
      <Notices />
      <ProviderButtons workspace={workspace} next={next} />
      {withToken ? <TokenForm /> : <PasswordForm onChallenge={setChallenge} />}
      <Anchor component="button" type="button" size="sm" ta="center" onClick={() => setWithToken(!withToken)}>
        {withToken ? "Sign in with a password" : "Use the operator’s token instead"}
      </Anchor>
    </AuthCard>
  );
}

function Notices() {
  const expired = useSession((session) => session.expired);
  const { data: setup } = useQuery(setupQuery);
  return (
    <>
      {expired && (
        <Alert color="gray" icon={<IconInfoCircle size={18} />} p="sm">
          Your session has ended. Sign in to go on where you were.
        </Alert>
      )}
      {setup?.done === false && (
        <Alert
          color="iris"
          icon={<IconInfoCircle size={18} />}
          p="sm"
          title="Nobody owns this installation yet"
        >
          <LinkButton to="/setup" size="xs" mt={4}>
            Set it up
          </LinkButton>
        </Alert>
      )}
    </>
  );
}
