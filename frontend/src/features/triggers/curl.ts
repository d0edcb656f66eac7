import type { Hook } from "@/api/generated/perdure.schemas";

const BODY = `'{"hello": "world"}'`;
const HMAC = (what: string) =>
  `$(printf %s "${what}" | openssl dgst -sha256 -hmac "$SECRET" | sed 's/.*= //')`;

/** How to try a hook out from a shell; a signed request is signed there, with the secret in $SECRET. */
export function curlOf(hook: Hook, address: string): string {
  const plain = `curl -X POST '${address}' -H 'content-type: application/json'`;
  const style = hook.settings.signature;
  if (style === "standard") {
    return [
      `BODY=${BODY}`,
      "ID=msg_$(date +%s); AT=$(date +%s)",
      `KEY=$(printf %s "\${SECRET#whsec_}" | base64 -d | xxd -p -c 256)`,
      `SIGNATURE=$(printf %s "$ID.$AT.$BODY" | openssl dgst -sha256 -mac HMAC -macopt hexkey:$KEY -binary | base64)`,
      `${plain} \\\n  -H "webhook-id: $ID" -H "webhook-timestamp: $AT" -H "webhook-signature: v1,$SIGNATURE" -d "$BODY"`,
    ].join("\n");
  }
  if (style === "github") {
    const headers = `-H "x-github-delivery: $(date +%s)" -H "x-hub-signature-256: sha256=$SIGNATURE"`;
    return [`BODY=${BODY}`, `SIGNATURE=${HMAC("$BODY")}`, `${plain} \\\n  ${headers} -d "$BODY"`].join("\n");
  }
  if (style === "stripe") {
    const header = `-H "stripe-signature: t=$AT,v1=$SIGNATURE"`;
    return [
      `BODY=${BODY}; AT=$(date +%s)`,
      `SIGNATURE=${HMAC("$AT.$BODY")}`,
      `${plain} \\\n  ${header} -d "$BODY"`,
    ].join("\n");
  }
  if (style === "slack") {
    const headers = `-H "x-slack-request-timestamp: $AT" -H "x-slack-signature: v0=$SIGNATURE"`;
    return [
      `BODY=${BODY}; AT=$(date +%s)`,
      `SIGNATURE=${HMAC("v0:$AT:$BODY")}`,
      `${plain} \\\n  ${headers} -d "$BODY"`,
    ].join("\n");
  }
  if (style === "mailgun") {
    const fields = `-d timestamp=$AT -d token=$TOKEN -d signature=$SIGNATURE -d subject=Hello`;
    return [
      "AT=$(date +%s); TOKEN=$(date +%s%N)",
      `SIGNATURE=${HMAC("$AT$TOKEN")}`,
      `curl -X POST '${address}' ${fields}`,
    ].join("\n");
  }
  return `${plain} -d ${BODY}`;
}
