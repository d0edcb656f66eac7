import { Autocomplete, Fieldset, NumberInput, SimpleGrid, Stack, Textarea, TextInput } from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { createApprovalRule, updateApprovalRule } from "@/api/generated/approval-rules";
import type { Rule } from "@/api/generated/perdure.schemas";
import { workflowsQuery } from "@/api/queries/workflows";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { LoadingRows } from "@/components/loading";
import { settingsKeys } from "../queries";
import { useChange } from "../use-change";
import { RuleTrial } from "./rule-trial";
import { RULE_CHECKS, RULE_NAMES, type RuleValues, ruleOf, valuesOf } from "./rule-values";

const CodeEditor = lazy(async () => ({
  default: (await import("@/components/code/code-editor")).CodeEditor,
}));

interface Props {
  rule: Rule | undefined;
  onClose: () => void;
}

/** All that a rule says. */
export function RuleForm({ rule, onClose }: Props) {
  const form = useForm<RuleValues>({ initialValues: valuesOf(rule), validate: RULE_CHECKS });
  const save = useChange({
    run: (values: RuleValues) =>
      rule
        ? updateApprovalRule(rule.id, { ...ruleOf(values), version: rule.version })
        : createApprovalRule(ruleOf(values)),
    refresh: [settingsKeys.rules],
    done: ({ name }) => (rule ? `${name} was changed` : `${name} answers from now on`),
    after: onClose,
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
      <Stack>
        <TextInput
          label="Name"
          description="Stands in the history of what it answers."
          placeholder="Small refunds of gold customers"
          data-autofocus
          required
          {...form.getInputProps("name")}
        />
        <Suspense fallback={<LoadingRows rows={1} />}>
          <CodeEditor
            label="Matches if"
            description="CEL over the payload, such as amount <= 50 && customer.tier == 'gold'."
            required
            language="expression"
            completions={() => RULE_NAMES}
            value={form.values.expression}
            onChange={(expression) => form.setFieldValue("expression", expression)}
            error={errorOf(form, "expression")}
          />
        </Suspense>
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <Autocomplete
            label="Answers"
            description="One of the answers that the request offers."
            required
            data={["approved", "rejected"]}
            {...form.getInputProps("decision")}
          />
          <NumberInput
            label="Of these, to a person all the same"
            description="A sample, to see whether the rule is still right."
            suffix=" %"
            min={0}
            max={100}
            {...form.getInputProps("sample")}
          />
        </SimpleGrid>
        <Textarea label="Reason that it gives" autosize maxRows={5} {...form.getInputProps("reason")} />
        <Scope form={form} />
        <RuleTrial form={form} />
        {rule && (
          <TextInput
            label="Why it is changed"
            description="Kept with the version."
            {...form.getInputProps("note")}
          />
        )}
        <FormAlert error={save.error} />
        <FormFooter
          action={rule ? "Save as a new version" : "Create the rule"}
          pending={save.isPending}
          onCancel={onClose}
        />
      </Stack>
    </form>
  );
}

function errorOf(form: UseFormReturnType<RuleValues>, field: keyof RuleValues): string | undefined {
  const error = form.errors[field];
  return typeof error === "string" ? error : undefined;
}

interface ScopeProps {
  form: UseFormReturnType<RuleValues>;
}

function Scope({ form }: ScopeProps) {
  const [query] = useDebouncedValue(form.values.workflow.trim(), 250);
  const { data } = useInfiniteQuery(workflowsQuery(query ? { q: query } : {}));
  const slugs = data?.pages[0]?.items.map(({ slug }) => slug) ?? [];
  return (
    <Fieldset legend="Only" variant="filled">
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <Autocomplete
          label="Workflow"
          placeholder="Any"
          limit={20}
          data={slugs}
          {...form.getInputProps("workflow")}
        />
        <TextInput label="Step" placeholder="Any" {...form.getInputProps("node")} />
        <TextInput label="Tag" placeholder="Any" {...form.getInputProps("tag")} />
        <TextInput type="datetime-local" label="Until" {...form.getInputProps("expires")} />
      </SimpleGrid>
    </Fieldset>
  );
}
