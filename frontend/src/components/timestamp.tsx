import { useNow } from "@/lib/clock";
import { moment, relative } from "@/lib/format";

interface Props {
  at: string;
}

/** How long ago something was; the exact moment on hover and for machines. */
export function Timestamp({ at }: Props) {
  const now = useNow();
  return (
    <time dateTime={at} title={moment(at)}>
      {relative(at, now)}
    </time>
  );
}
