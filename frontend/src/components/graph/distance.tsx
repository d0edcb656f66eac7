import { useStore } from "@xyflow/react";
import { type RefObject, useEffect } from "react";

/** From afar nobody reads; what cannot be read need not be painted. */
const FAR = 0.4;

/** Marks a canvas that is looked at from afar. */
export function Distance({ frame }: { frame: RefObject<HTMLDivElement | null> }) {
  const far = useStore(({ transform }) => transform[2] < FAR);
  useEffect(() => {
    frame.current?.toggleAttribute("data-far", far);
  }, [frame, far]);
  return null;
}
