import type { ConfigFaults } from "./config-faults";
import type { Config } from "./use-agent-draft";

/** What a part of the form of an agent is given. */
export interface SettingsPart {
  config: Config;
  faults: ConfigFaults;
  onChange: (changes: Config) => void;
}
