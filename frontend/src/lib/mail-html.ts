const GONE =
  "script, style, link, meta, base, iframe, frame, object, embed, applet, form, svg, math, template, audio, video, source, portal";
const LINKS = /^(https?:|mailto:)/i;
const PICTURES = /^data:image\/(png|jpeg|gif|webp);base64,/i;
const TAGS = /<[^>]*>?/g;
const LOADS = /url\s*\(|expression\s*\(|@import|image-set/i;

/**
 * HTML of a mail without anything that runs, loads or leaves. It is shown in a frame that would forbid all of that too;
 * this keeps the frame from even trying.
 */
export function quietHtml(html: string): string {
  const parsed = new DOMParser().parseFromString(html.replace(TAGS, disarmed), "text/html");
  for (const element of parsed.querySelectorAll(GONE)) element.remove();
  for (const element of parsed.querySelectorAll("*")) quieten(element);
  return parsed.body.innerHTML;
}

/** Browsers complain of handlers as soon as they read them; these are renamed before, and removed with what is unknown. */
function disarmed(tag: string): string {
  return tag.replace(/[\s/"']on[a-z]+\s*=/gi, " data-off=");
}

function quieten(element: Element): void {
  for (const { name, value } of [...element.attributes]) {
    if (!mayStay(element.localName, name.toLowerCase(), value.trim())) element.removeAttribute(name);
  }
}

function mayStay(tag: string, name: string, value: string): boolean {
  if (name === "href") return tag === "a" && LINKS.test(value);
  if (name === "src") return tag === "img" && PICTURES.test(value);
  if (name === "style") return !LOADS.test(value);
  return ["alt", "title", "colspan", "rowspan", "align", "width", "height", "dir", "lang"].includes(name);
}

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
const LOOK =
  "body{margin:16px;font:14px/1.55 system-ui,sans-serif;color:#1e1d1b;background:#fff;overflow-wrap:anywhere}" +
  "img{max-width:100%}table{max-width:100%}";

/** The document of the frame in which a mail is shown. */
export function mailDocument(html: string): string {
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mail</title>` +
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}"><style>${LOOK}</style></head>` +
    `<body>${quietHtml(html)}</body></html>`
  );
}
