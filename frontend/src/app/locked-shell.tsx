import { Anchor } from "@mantine/core";
import type { Me } from "@/api/generated/perdure.schemas";
import { leave } from "@/api/leave";
import { AuthCard } from "@/features/auth/auth-card";
import { SecondFactorSection } from "@/features/settings/second-factor-section";

interface Props {
  me: Me;
}

/** In place of the app for a member who lacks the second factor that the workspace asks for. */
export function LockedShell({ me }: Props) {
  return (
    <AuthCard title={me.workspace.name} lead="This workspace asks everybody for a second factor.">
      <SecondFactorSection hasPassword={me.has_password} />
      <Anchor component="button" type="button" size="sm" ta="center" onClick={() => void leave()}>
        Sign out
      </Anchor>
    </AuthCard>
  );
}
