import { ActionIcon } from "@mantine/core";
import { IconArrowsHorizontal, IconArrowsVertical, IconMinus, IconPlus } from "@tabler/icons-react";

interface Size {
  width: number;
  height: number;
}

interface Props extends Size {
  least: Size;
  onChange: (size: Size) => void;
}

/** As far as the grid of the canvas is two squares wide. */
const STEP = 20;

/** Makes something on the canvas larger and smaller; for whoever drags no corners. */
export function SizeSteps({ width, height, least, onChange }: Props) {
  return (
    <>
      <IconArrowsHorizontal size={13} aria-hidden />
      <ActionIcon.Group>
        <Step
          label="Narrower"
          icon={<IconMinus size={12} />}
          disabled={width - STEP < least.width}
          onClick={() => onChange({ width: width - STEP, height })}
        />
        <Step
          label="Wider"
          icon={<IconPlus size={12} />}
          onClick={() => onChange({ width: width + STEP, height })}
        />
      </ActionIcon.Group>
      <IconArrowsVertical size={13} aria-hidden />
      <ActionIcon.Group>
        <Step
          label="Shorter"
          icon={<IconMinus size={12} />}
          disabled={height - STEP < least.height}
          onClick={() => onChange({ width, height: height - STEP })}
        />
        <Step
          label="Taller"
          icon={<IconPlus size={12} />}
          onClick={() => onChange({ width, height: height + STEP })}
        />
      </ActionIcon.Group>
    </>
  );
}

interface StepProps {
  label: string;
  icon: React.ReactNode;
  disabled?: boolean;
  onClick: () => void;
}

function Step({ label, icon, disabled = false, onClick }: StepProps) {
  return (
    <ActionIcon size="sm" aria-label={label} title={label} disabled={disabled} onClick={onClick}>
      {icon}
    </ActionIcon>
  );
}
