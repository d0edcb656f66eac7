import { Button, Divider, Stack } from "@mantine/core";
import { IconBuilding } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { LoginProvider } from "@/api/generated/perdure.schemas";
import { beginSignOn, listLoginProviders } from "@/api/generated/sign-in";
import { notifyFailure } from "@/lib/notify";
import { keepDestination } from "./sign-on-destination";

interface Props {
  /** Slug of the workspace that somebody wants to enter; the installation's own without it. */
  workspace: string | undefined;
  next: string | undefined;
}

/** Signing in at the company: one button for each provider of the workspace. */
export function ProviderButtons({ workspace, next }: Props) {
  const { data } = useQuery({
    queryKey: ["login-providers", workspace ?? null],
    queryFn: ({ signal }) => listLoginProviders(workspace ? { workspace } : {}, { signal }),
    staleTime: 60_000,
  });
  const begin = useMutation({
    mutationFn: (provider: LoginProvider) => beginSignOn({ provider_id: provider.id }),
    onSuccess: ({ url }) => {
      keepDestination(next);
      window.location.assign(url);
    },
    onError: (error) => notifyFailure("The sign-in did not begin", error),
  });
  if (!data?.items.length) return null;
  return (
    <Stack gap="sm">
      {data.items.map((provider) => (
        <Button
          key={provider.id}
          variant={data.required ? "filled" : "default"}
          leftSection={<IconBuilding size={16} />}
          loading={begin.isPending && begin.variables?.id === provider.id}
          onClick={() => begin.mutate(provider)}
        >
          Sign in with {provider.name}
        </Button>
      ))}
      <Divider label={data.required ? "owners only" : "or"} />
    </Stack>
  );
}
