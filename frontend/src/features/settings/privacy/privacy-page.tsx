import { useQuery } from "@tanstack/react-query";
import { may, meQuery } from "@/api/queries/account";
import { LoadingRows } from "@/components/loading";
import { EraseSection } from "./erase-section";
import { HoldsSection } from "./holds-section";
import { JobsSection } from "./jobs-section";
import { KeysSection } from "./keys-section";
import { MaskingSection } from "./masking-section";
import { RetentionSection } from "./retention-section";

/** What is masked, how long data is kept, under which keys, and how to take it out or erase it. */
export function PrivacyPage() {
  const { data: me } = useQuery(meQuery);
  if (!me) return <LoadingRows rows={6} />;
  const manages = may(me, "workspace:manage");
  const owns = may(me, "workspace:own");
  return (
    <>
      <MaskingSection editable={manages} />
      <RetentionSection editable={owns} previews={manages} />
      {manages && <HoldsSection releases={owns} />}
      {manages && <KeysSection rotates={owns} />}
      {manages && <JobsSection owns={owns} />}
      {owns && <EraseSection slug={me.workspace.slug} />}
    </>
  );
}
