import type { Hook, HookKind, HookSettings, Signature, UpdateHook } from "@/api/generated/perdure.schemas";

export const KINDS: { value: HookKind; label: string }[] = [
  { value: "webhook", label: "Webhook" },
  { value: "form", label: "Form" },
  { value: "email", label: "Mails, by the webhook of a mail provider" },
];
export const SIGNATURES: { value: Signature; label: string }[] = [
  { value: "standard", label: "Standard Webhooks" },
  { value: "github", label: "GitHub" },
  { value: "stripe", label: "Stripe" },
  { value: "slack", label: "Slack" },
  { value: "mailgun", label: "Mailgun" },
  { value: "none", label: "None: whoever knows the address may send" },
];

/** What the form of a hook holds. */
export interface HookDraft {
  name: string;
  kind: HookKind;
  version: string;
  enabled: boolean;
  signature: Signature;
  secret: string;
  tolerance: number;
  maxBytes: number;
  perMinute: number;
  deliveryId: string;
  filter: string;
  mapping: string;
  waits: boolean;
  seconds: number;
  access: "signed_in" | "public";
  title: string;
  text: string;
  button: string;
  thanks: string;
}

const NEW: HookDraft = {
  name: "",
  kind: "webhook",
  version: "",
  enabled: true,
  signature: "standard",
  secret: "",
  tolerance: 300,
  maxBytes: 1_048_576,
  perMinute: 600,
  deliveryId: "",
  filter: "",
  mapping: '"{{ body }}"',
  waits: false,
  seconds: 10,
  access: "signed_in",
  title: "",
  text: "",
  button: "Send",
  thanks: "Thank you. Your request was received.",
};

/** What a form holds of a hook, or of a new one. */
export function hookDraftOf(hook: Hook | undefined): HookDraft {
  if (!hook) return NEW;
  const { settings, name, kind, enabled, version } = hook;
  return {
    ...NEW,
    name,
    kind,
    enabled,
    version: String(version ?? ""),
    signature: settings.signature ?? NEW.signature,
    tolerance: settings.tolerance ?? NEW.tolerance,
    maxBytes: settings.max_bytes ?? NEW.maxBytes,
    perMinute: settings.per_minute ?? NEW.perMinute,
    deliveryId: settings.delivery_id ?? "",
    filter: settings.filter ?? "",
    mapping: JSON.stringify(settings.input ?? "{{ body }}", null, 2),
    waits: settings.answer?.mode === "wait",
    seconds: settings.answer?.seconds ?? NEW.seconds,
    ...formOf(settings),
  };
}

function formOf({ form }: HookSettings): Pick<HookDraft, "access" | "title" | "text" | "button" | "thanks"> {
  return {
    access: form?.access ?? NEW.access,
    title: form?.title ?? "",
    text: form?.text ?? "",
    button: form?.button ?? NEW.button,
    thanks: form?.thanks ?? NEW.thanks,
  };
}

/** The settings that a form says; nothing while its mapping is no JSON. */
export function hookSettingsOf(draft: HookDraft): HookSettings | null {
  const input = parsed(draft.mapping);
  if (input === undefined) return null;
  const form = draft.kind === "form";
  return {
    signature: form ? "none" : draft.signature,
    tolerance: draft.tolerance,
    max_bytes: draft.maxBytes,
    per_minute: draft.perMinute,
    delivery_id: form ? null : draft.deliveryId || null,
    filter: draft.filter || null,
    input,
    answer: { mode: draft.waits && !form ? "wait" : "at_once", seconds: draft.seconds },
    form: {
      access: draft.access,
      title: draft.title,
      text: draft.text,
      button: draft.button,
      thanks: draft.thanks,
    },
  };
}

/** What is sent of a form. */
export function hookContentOf(draft: HookDraft): UpdateHook {
  const settings = hookSettingsOf(draft);
  if (settings === null) throw new Error("The input of the run is no JSON.");
  const { name, enabled, secret, version } = draft;
  const signed = settings.signature !== "none";
  return {
    name,
    enabled,
    version: version ? Number(version) : null,
    settings,
    ...(secret && signed && { secret }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
