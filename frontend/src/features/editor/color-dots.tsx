import classes from "./color-dots.module.css";

/** Colours of notes and groups; the first is the usual one. */
export const COLORS = ["yellow", "blue", "green", "red", "gray"] as const;

interface Props {
  value: string | null;
  onChange: (color: string) => void;
}

/** A choice of colours. */
export function ColorDots({ value, onChange }: Props) {
  return (
    <div className={classes.dots} role="radiogroup" aria-label="Colour">
      {COLORS.map((color) => (
        // biome-ignore lint/a11y/useSemanticElements: a dot is easier to hit than a native radio
        <button
          key={color}
          type="button"
          role="radio"
          aria-checked={(value ?? COLORS[0]) === color}
          aria-label={color}
          data-color={color}
          className={classes.dot}
          onClick={() => onChange(color)}
        />
      ))}
    </div>
  );
}
