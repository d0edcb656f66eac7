import { Loader } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { redeemTicket } from "@/api/generated/sign-in";
import { sentenceOf } from "@/api/problem";
import { LinkAnchor } from "@/components/links";
import { AuthCard } from "./auth-card";
import { enter } from "./enter";

interface Props {
  ticket: string;
}

/** A link that signs in by itself, once. */
export function TicketEntry({ ticket }: Props) {
  const { mutate, isError, error } = useMutation({
    mutationFn: () => redeemTicket({ ticket }),
    onSuccess: enter,
  });
  const tried = useRef(false);
  useEffect(() => {
    // Strict mode mounts twice, and a ticket works once.
    if (tried.current) return;
    tried.current = true;
    mutate();
  }, [mutate]);
  if (!isError)
    return (
      <AuthCard title="Signing you in" lead="One moment.">
        {<Loader size="sm" />}
      </AuthCard>
    );
  return (
    <AuthCard title="This link no longer works" lead={sentenceOf(error)}>
      <LinkAnchor to="/login" size="sm">
        Sign in another way
      </LinkAnchor>
    </AuthCard>
  );
}
