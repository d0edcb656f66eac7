import { createServer, type Server, type Socket } from "node:net";
import { eventually } from "./stage";

/** A mail server that takes everything, for as long as somebody reads along. */
export class Mailbox {
  readonly #mails: { to: string; text: string }[] = [];
  readonly #server: Server = createServer((socket) => this.#converse(socket));

  /** Its port on this machine. */
  async open(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  close(): void {
    this.#server.close();
  }

  /** The first match of a pattern in a mail to somebody, once there is one. */
  find(to: string, pattern: RegExp): Promise<string> {
    return eventually(async () => {
      const texts = this.#mails.filter((mail) => mail.to === to).map(({ text }) => text);
      return texts.flatMap((text) => pattern.exec(text)?.[0] ?? [])[0];
    }, 60);
  }

  #converse(socket: Socket): void {
    let [heard, to, isText] = ["", "", false];
    const take = (said: string) => {
      if (isText) this.#mails.push({ to, text: decoded(said) });
      to = /^RCPT TO:<(.*)>/i.exec(said)?.[1] ?? to;
      isText = !isText && /^DATA/i.test(said);
      socket.write(isText ? "354 go on\r\n" : "250 good\r\n");
      if (/^QUIT/i.test(said)) socket.end();
    };
    socket.on("error", () => socket.destroy());
    socket.write("220 here\r\n");
    socket.on("data", (data) => {
      heard += data.toString("latin1");
      for (let end = endOf(heard, isText); end >= 0; end = endOf(heard, isText)) {
        const said = heard.slice(0, end);
        heard = heard.slice(end + (isText ? END.length : LINE.length));
        take(said);
      }
    });
  }
}

const LINE = "\r\n";
const END = "\r\n.\r\n";

const endOf = (heard: string, isText: boolean) => heard.indexOf(isText ? END : LINE);

/** A mail with its parts legible, whichever way they are packed. */
function decoded(mail: string): string {
  const parts = mail.split(/\r\n--[^\r\n]+/).map((part) => {
    const [head = "", ...body] = part.split("\r\n\r\n");
    const text = body.join("\n");
    return /transfer-encoding: base64/i.test(head) ? Buffer.from(text, "base64").toString() : text;
  });
  return parts.join("\n").replaceAll("=\r\n", "").replaceAll("=3D", "=");
}
