import { Button, Group, NumberInput, SegmentedControl, TextInput, Title } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { searchKnowledgeBase } from "@/api/generated/knowledge";
import type { Passage, SearchMode } from "@/api/generated/perdure.schemas";
import { FormAlert } from "@/components/form/form-alert";
import classes from "./knowledge.module.css";
import { pairsIn } from "./pairs";

const MODES = [
  { value: "hybrid", label: "Both" },
  { value: "dense", label: "Meaning" },
  { value: "text", label: "Words" },
];

interface Props {
  slug: string;
}

/** What a search finds, as an agent would be told, with where it stands. */
export function SearchTrial({ slug }: Props) {
  const [query, setQuery] = useState("");
  const [mode, setMode] = useState<SearchMode>("hybrid");
  const [most, setMost] = useState(8);
  const [limits, setLimits] = useState("");
  const search = useMutation({
    mutationFn: () =>
      searchKnowledgeBase(slug, { query: query.trim(), mode, top_k: most, filter: pairsIn(limits) }),
  });
  return (
    <section className={classes.part} aria-label="Try a search">
      <Title order={2}>Try a search</Title>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (query.trim() !== "") search.mutate();
        }}
      >
        <Group align="flex-end" gap="xs">
          <TextInput
            flex={1}
            label="Question"
            placeholder="How long does a refund take?"
            value={query}
            onChange={(event) => setQuery(event.currentTarget.value)}
          />
          <Button
            type="submit"
            leftSection={<IconSearch size={15} />}
            loading={search.isPending}
            disabled={query.trim() === ""}
          >
            Search
          </Button>
        </Group>
        <Group align="flex-end" gap="xs" mt="xs">
          <SegmentedControl
            size="xs"
            aria-label="Search by"
            data={MODES}
            value={mode}
            onChange={(next) => setMode(next as SearchMode)}
          />
          <NumberInput
            size="xs"
            w={110}
            label="At most"
            min={1}
            max={100}
            value={most}
            onChange={(value) => setMost(typeof value === "number" ? value : 8)}
          />
          <TextInput
            size="xs"
            flex={1}
            label="Only with metadata"
            placeholder="team: support"
            value={limits}
            onChange={(event) => setLimits(event.currentTarget.value)}
          />
        </Group>
      </form>
      <FormAlert error={search.error} />
      {search.data && <Found passages={search.data.items} />}
    </section>
  );
}

function Found({ passages }: { passages: readonly Passage[] }) {
  if (passages.length === 0)
    return (
      <p className={classes.detail} role="status">
        Nothing was found.
      </p>
    );
  return (
    <ol className={classes.passages} aria-label="Passages">
      {passages.map(({ document_id, position, citation, text, similarity }, index) => (
        <li key={`${document_id} ${position}`} className={classes.passage}>
          <div className={classes.cited}>
            <b>
              [{index + 1}] {citation}
            </b>
            <span className={classes.detail}>
              {similarity === null ? "by its words" : `${Math.round(similarity * 100)} % alike`}
            </span>
          </div>
          <p className={classes.text}>{text}</p>
        </li>
      ))}
    </ol>
  );
}
