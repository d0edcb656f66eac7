import { useQuery } from "@tanstack/react-query";
import { meQuery } from "@/api/queries/account";
import { LoadingRows } from "@/components/loading";
import { PasswordSection } from "./password-section";
import { NoAccount } from "./profile-page";
import { SecondFactorSection } from "./second-factor-section";
import { Section } from "./section";
import { SessionsSection } from "./sessions-section";

/** How one signs in: password, second factor, devices. */
export function SecurityPage() {
  const { data: me } = useQuery(meQuery);
  if (!me) return <LoadingRows rows={3} />;
  if (!me.user) {
    return (
      <Section title="Sign-in & security">
        <NoAccount name={me.name} />
      </Section>
    );
  }
  if (me.by_sign_on) {
    return (
      <>
        <Section
          title="Sign-in & security"
          lead="You have signed in at your company’s provider. Password and second factor are kept there."
        >
          {null}
        </Section>
        <SessionsSection />
      </>
    );
  }
  return (
    <>
      <PasswordSection hasPassword={me.has_password} />
      <SecondFactorSection hasPassword={me.has_password} />
      <SessionsSection />
    </>
  );
}
