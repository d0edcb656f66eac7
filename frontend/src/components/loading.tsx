import { Skeleton, Stack } from "@mantine/core";

interface Props {
  rows?: number;
  height?: number;
}

/** Stands where a list will be, in about its shape. */
export function LoadingRows({ rows = 6, height = 44 }: Props) {
  return (
    <Stack gap={8} role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
        <Skeleton key={row} height={height} radius="md" />
      ))}
    </Stack>
  );
}
