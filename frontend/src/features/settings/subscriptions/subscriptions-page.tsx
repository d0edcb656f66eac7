import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { PagedList } from "../paged-list";
import { subscriptionsQuery } from "../queries";
import { Section } from "../section";
import { SubscriptionDialog } from "./subscription-dialog";
import { SubscriptionRow } from "./subscription-row";

/** Programs outside that hear of runs and approvals. */
export function SubscriptionsPage() {
  const subscriptions = useInfiniteQuery(subscriptionsQuery);
  const [creating, create] = useDisclosure(false);
  return (
    <Section
      title="Subscriptions"
      lead="Events of runs and approvals, posted to your programs: signed by the Standard Webhooks rules, and tried for three days."
      actions={
        <Button leftSection={<IconPlus size={16} />} onClick={create.open}>
          New subscription
        </Button>
      }
    >
      <PagedList
        query={subscriptions}
        label="Subscriptions"
        empty="No program hears of anything yet."
        row={(subscription) => <SubscriptionRow key={subscription.id} subscription={subscription} />}
      />
      <SubscriptionDialog opened={creating} onClose={create.close} />
    </Section>
  );
}
