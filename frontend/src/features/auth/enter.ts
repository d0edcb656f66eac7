import type { AccessGrant } from "@/api/generated/perdure.schemas";
import { renewIn } from "@/api/renewal";
import { signInPerson } from "@/api/session";

/** Somebody has proved who they are. */
export function enter(answer: AccessGrant): void {
  signInPerson(answer.access_token);
  renewIn(answer.expires_in, answer.access_token);
}
