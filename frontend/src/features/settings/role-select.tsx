import { Select } from "@mantine/core";
import type { Role } from "@/api/generated/perdure.schemas";
import { ROLES } from "./roles";
import classes from "./settings.module.css";

interface Props {
  label?: string;
  ariaLabel?: string;
  value: Role;
  onChange: (role: Role) => void;
  /** Only owners make owners. */
  mayOwn: boolean;
  disabled?: boolean;
  size?: string;
  w?: number;
}

/** Chooses a role, and says what each may do. */
export function RoleSelect({ label, ariaLabel, value, onChange, mayOwn, disabled, size, w }: Props) {
  const data = ROLES.filter((role) => mayOwn || role.value !== "owner" || role.value === value);
  return (
    <Select
      {...(label ? { label } : { "aria-label": ariaLabel ?? "Role" })}
      {...(size ? { size } : {})}
      {...(w ? { w } : {})}
      data={data.map(({ value: role, label: name }) => ({ value: role, label: name }))}
      value={value}
      onChange={(role) => role && onChange(role as Role)}
      allowDeselect={false}
      disabled={disabled ?? false}
      comboboxProps={{ width: 290, position: "bottom-start" }}
      renderOption={({ option }) => (
        <div>
          <div>{option.label}</div>
          <div className={classes.detail}>{ROLES.find((role) => role.value === option.value)?.may}</div>
        </div>
      )}
    />
  );
}
