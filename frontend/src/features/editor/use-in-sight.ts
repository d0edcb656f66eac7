import { useReactFlow } from "@xyflow/react";
import { type RefObject, useEffect } from "react";
import { useEditor } from "./editor-store";

/** Milliseconds until the panel has taken its room. */
const PANEL_OPENS = 60;

/** A node that is selected from elsewhere, or that the panel would hide, is moved into sight. */
export function useInSight(frame: RefObject<HTMLDivElement | null>): void {
  const canvas = useReactFlow();
  const only = useEditor((editor) => (editor.selected.length === 1 ? editor.selected[0] : undefined));
  useEffect(() => {
    if (only === undefined) return;
    const timer = setTimeout(() => {
      const bounds = frame.current?.getBoundingClientRect();
      const node = frame.current?.querySelector(`[data-id="${CSS.escape(only)}"]`)?.getBoundingClientRect();
      const known = canvas.getInternalNode(only);
      if (!bounds || !known || (node && isInside(node, bounds))) return;
      const { x, y } = known.internals.positionAbsolute;
      const { width = 0, height = 0 } = known.measured;
      void canvas.setCenter(x + width / 2, y + Math.min(height, 200) / 2, {
        zoom: canvas.getZoom(),
        duration: 200,
      });
    }, PANEL_OPENS);
    return () => clearTimeout(timer);
  }, [only, canvas, frame]);
}

function isInside(node: DOMRect, frame: DOMRect): boolean {
  return (
    node.left >= frame.left &&
    node.right <= frame.right &&
    node.top >= frame.top &&
    node.top <= frame.bottom - 20
  );
}
