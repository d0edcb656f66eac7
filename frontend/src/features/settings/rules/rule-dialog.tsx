import { Modal } from "@mantine/core";
import type { Rule } from "@/api/generated/perdure.schemas";
import { RuleForm } from "./rule-form";

interface Props {
  /** The one to change; a new one otherwise. */
  rule?: Rule;
  opened: boolean;
  onClose: () => void;
}

/** Writes a rule, and tries it on past requests before it answers any. */
export function RuleDialog({ rule, opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={rule ? `Edit ${rule.name}` : "New rule"} size="xl">
      <RuleForm rule={rule} onClose={onClose} />
    </Modal>
  );
}
