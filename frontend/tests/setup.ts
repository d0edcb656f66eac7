import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

afterEach(cleanup);

// Fields that grow with their text ask whether fonts have come; this DOM loads none.
Object.defineProperty(globalThis.document, "fonts", { value: new EventTarget(), configurable: true });
