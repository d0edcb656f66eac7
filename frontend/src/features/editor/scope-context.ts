import type { Completion } from "@codemirror/autocomplete";
import { createContext } from "react";

/** What expressions of the node under edit may use. */
export const ScopeContext = createContext<() => Completion[]>(() => []);
