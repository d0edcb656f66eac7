import { Button, Loader, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { hasLength, isNotEmpty, useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { acceptInvitation, inspectInvitation } from "@/api/generated/invitations";
import type { AcceptInvitation, InspectedInvitation } from "@/api/generated/perdure.schemas";
import { sentenceOf } from "@/api/problem";
import { meQuery } from "@/api/queries/account";
import { useSession } from "@/api/session";
import { FormAlert } from "@/components/form/form-alert";
import { LinkAnchor } from "@/components/links";
import { AuthCard } from "./auth-card";
import { enter } from "./enter";

/** Where the link of an invitation leads. Opening it accepts nothing yet. */
export function InvitationPage() {
  const { hash } = useLocation();
  const token = new URLSearchParams(hash).get("token") ?? "";
  const invitation = useQuery({
    queryKey: ["invitation", token],
    queryFn: () => inspectInvitation({ token }),
    // Whoever has joined is led on, and the address loses its token a moment before the page goes.
    enabled: token !== "",
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (invitation.isPending && token !== "") {
    return (
      <AuthCard title="One moment" lead="We look at your invitation.">
        <Loader size="sm" />
      </AuthCard>
    );
  }
  if (invitation.data === undefined) {
    return (
      <AuthCard
        title="This invitation is not open"
        lead={invitation.error ? sentenceOf(invitation.error) : "The link is not complete."}
      >
        <Text size="sm">Ask whoever invited you for a new link.</Text>
        <LinkAnchor to="/login" size="sm">
          Sign in
        </LinkAnchor>
      </AuthCard>
    );
  }
  return <Acceptance token={token} invitation={invitation.data} />;
}

interface Props {
  token: string;
  invitation: InspectedInvitation;
}

function Acceptance({ token, invitation }: Props) {
  const signedIn = useSession((session) => session.state === "in");
  const { data: me } = useQuery({ ...meQuery, enabled: signedIn });
  const known = me?.user?.email === invitation.email;
  return (
    <AuthCard
      title={`Join ${invitation.workspace}`}
      lead={`${invitation.invited_by} invites ${invitation.email} as ${invitation.role}.`}
    >
      <AcceptForm token={token} isMe={known} isNew={!invitation.account_exists} />
    </AuthCard>
  );
}

interface FormProps {
  token: string;
  /** Whoever is invited is signed in here; then nothing is to be proved. */
  isMe: boolean;
  /** There is no account of this address yet. */
  isNew: boolean;
}

function AcceptForm({ token, isMe, isNew }: FormProps) {
  const accept = useAccept();
  const form = useForm({
    initialValues: { name: "", password: "", code: "" },
    validate: isMe
      ? {}
      : {
          name: isNew ? isNotEmpty("Say who you are.") : () => null,
          password: isNew
            ? hasLength({ min: 10 }, "Use 10 characters or more.")
            : isNotEmpty("Enter your password."),
        },
  });
  const submit = ({ name, password, code }: typeof form.values) => {
    if (isMe) return accept.mutate({ token });
    const proof = isNew ? { name: name.trim() } : code.trim() ? { code: code.replaceAll(" ", "") } : {};
    return accept.mutate({ token, password, ...proof });
  };
  return (
    <form onSubmit={form.onSubmit(submit)} noValidate>
      <Stack gap="sm">
        {isNew && <TextInput label="Your name" autoComplete="name" {...form.getInputProps("name")} />}
        {!isMe && (
          <PasswordInput
            label="Password"
            description={isNew ? "10 characters or more." : "Of the account that you have here."}
            autoComplete={isNew ? "new-password" : "current-password"}
            {...form.getInputProps("password")}
          />
        )}
        {!isMe && !isNew && (
          <TextInput
            label="Code"
            description="Only if you have a second factor."
            autoComplete="one-time-code"
            {...form.getInputProps("code")}
          />
        )}
        <FormAlert error={accept.error} />
        <Button type="submit" loading={accept.isPending} fullWidth mt={4}>
          Join
        </Button>
      </Stack>
    </form>
  );
}

function useAccept() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (body: AcceptInvitation) => acceptInvitation(body),
    onSuccess: async (answer) => {
      client.clear();
      enter(answer);
      await navigate({ to: "/workflows" });
    },
  });
}
