import { defineConfig } from "orval";

export default defineConfig({
  perdure: {
    input: "../docs/openapi.json",
    output: {
      target: "src/api/generated/perdure.ts",
      mode: "tags",
      client: "fetch",
      clean: true,
      urlEncodeParameters: true,
      namingConvention: "kebab-case",
      override: {
        mutator: { path: "src/api/request.ts", name: "request" },
        // A name that begins with "use" would look like a React hook.
        operations: { use_ticket: { operationName: () => "redeemTicket" } },
        fetch: { includeHttpResponseReturnType: false },
      },
    },
  },
});
