import type { Problem } from "./generated/perdure.schemas";

/** An answer of the API that is not a success, or its absence. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId: string | null,
    readonly problem: Problem | null,
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** Whether the same request may succeed later. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }
}

/** The error that an answer reports. */
export async function errorOf(response: Response): Promise<ApiError> {
  const requestId = response.headers.get("x-request-id");
  const problem = await problemOf(response);
  const message = problem?.detail ?? `The server answered ${response.status} ${response.statusText}.`;
  return new ApiError(
    response.status,
    problem?.code ?? "unknown",
    message,
    problem?.request_id ?? requestId,
    problem,
  );
}

/** The error for a server that cannot be reached. */
export function unreachable(): ApiError {
  const message = "Perdure cannot be reached at the moment. Nothing is lost; runs go on without this page.";
  return new ApiError(0, "unreachable", message, null, null);
}

let latest: string | null = null;

/** Keep the id of an answer, for a page that breaks later. */
export function noteRequest(id: string | null): void {
  latest = id ?? latest;
}

/** What to name when asking for help: the request that failed, or the last one before the page broke. */
export function correlationOf(error: unknown): string | null {
  return error instanceof ApiError ? error.requestId : latest;
}

/** What to tell a person about anything that was thrown. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function problemOf(response: Response): Promise<Problem | null> {
  if (!response.headers.get("content-type")?.includes("json")) return null;
  try {
    const body: unknown = await response.json();
    return isProblem(body) ? body : null;
  } catch {
    return null;
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "code" in body && "detail" in body;
}
