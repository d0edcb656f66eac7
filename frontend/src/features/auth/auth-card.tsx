import { Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import classes from "./auth-card.module.css";

interface Props {
  title: string;
  lead: string;
  children: ReactNode;
}

/** The frame of everything that comes before the app. */
export function AuthCard({ title, lead, children }: Props) {
  useDocumentTitle(`${title} · Perdure`);
  return (
    <main className={classes.page}>
      <Stack gap="md" className={classes.card}>
        <img src="/favicon.svg" alt="" width={40} height={40} />
        <div>
          <Title order={1}>{title}</Title>
          <Text c="dimmed" mt={4}>
            {lead}
          </Text>
        </div>
        {children}
      </Stack>
    </main>
  );
}
