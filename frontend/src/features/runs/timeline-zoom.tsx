import { ActionIcon, Tooltip } from "@mantine/core";
import { IconZoomIn, IconZoomOut, IconZoomReset } from "@tabler/icons-react";
import { MOST_ZOOM } from "./use-timeline-zoom";

interface Props {
  zoom: number;
  onChange: (next: (before: number) => number) => void;
}

/** Draws the time wider or narrower. */
export function TimelineZoom({ zoom, onChange }: Props) {
  return (
    <fieldset style={{ display: "flex", gap: 2, margin: 0, padding: 0, border: 0 }} aria-label="Zoom">
      <Tooltip label="Narrower (−, or Ctrl and the wheel)">
        <ActionIcon
          size="sm"
          aria-label="Narrower"
          disabled={zoom <= 1}
          onClick={() => onChange((before) => before / 2)}
        >
          <IconZoomOut size={15} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Wider (+, or Ctrl and the wheel)">
        <ActionIcon
          size="sm"
          aria-label="Wider"
          disabled={zoom >= MOST_ZOOM}
          onClick={() => onChange((before) => before * 2)}
        >
          <IconZoomIn size={15} />
        </ActionIcon>
      </Tooltip>
      {zoom > 1 && (
        <Tooltip label="The whole run (0)">
          <ActionIcon size="sm" aria-label="The whole run" onClick={() => onChange(() => 1)}>
            <IconZoomReset size={15} />
          </ActionIcon>
        </Tooltip>
      )}
    </fieldset>
  );
}
