import { Select, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import type { Credential, CredentialSource } from "@/api/generated/perdure.schemas";
import { storesQuery } from "./queries";

/** Instead of the id of a vault. */
export const HERE = "here";

interface Place {
  store: string;
  path: string;
  keys: string;
}

interface Props<Values extends Place> {
  form: UseFormReturnType<Values>;
  /** The one that gets a new value: it stays in a vault, or here. */
  credential: Credential | undefined;
  /** The field that matters most. */
  main: string | null;
}

/** Where the value of a credential is: here, or at a path in a vault. */
export function PlaceFields<Values extends Place>({ form, credential, main }: Props<Values>) {
  const { data: stores } = useQuery(storesQuery);
  if (credential?.source === null || !stores || stores.items.length === 0) return null;
  const vaults = stores.items.map(({ id, name }) => ({ value: id, label: `In ${name}` }));
  return (
    <>
      <Select
        label="Where its value is"
        data={credential ? vaults : [{ value: HERE, label: "Here, encrypted" }, ...vaults]}
        allowDeselect={false}
        {...form.getInputProps("store")}
      />
      {form.values.store !== HERE && (
        <>
          <TextInput
            label="Path in the vault"
            description="Below the KV mount, without data/."
            placeholder="apps/shop"
            {...form.getInputProps("path")}
          />
          <TextInput
            label="Keys"
            description="Where the secret names a field otherwise, such as token=api_key; several with commas."
            placeholder={`${main ?? "token"}=api_key`}
            {...form.getInputProps("keys")}
          />
        </>
      )}
    </>
  );
}

/** The fields of a place as a form holds them. */
export function placeOf(source: CredentialSource | null): Place {
  const pairs = Object.entries(source?.keys ?? {}).map(([field, key]) => `${field}=${key}`);
  return { store: source?.store ?? HERE, path: source?.path ?? "", keys: pairs.join(", ") };
}

/** The same read back; of the keys, what is no pair is left out. */
export function sourceOf({ store, path, keys }: Place): CredentialSource {
  const pairs = keys.split(",").map((part) => part.split("=").map((word) => word.trim()));
  return { store, path, keys: Object.fromEntries(pairs.filter(([field, key]) => field && key)) };
}
