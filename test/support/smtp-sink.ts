import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket } from "node:tls";

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly data: string;
  readonly encrypted: boolean;
  /** The user and password of the client. */
  readonly login: string | undefined;
}

export interface SmtpSink extends AsyncDisposable {
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
  /** Replies to commands instead of the default, such as `{ DATA: "552 too large" }`; "" sends none. */
  replies: Readonly<Record<string, string>>;
}

export interface SmtpOptions {
  readonly tls?: { readonly key: string; readonly cert: string };
  /** TLS from the first byte instead of STARTTLS. */
  readonly implicit?: boolean;
}

/** The part of an SMTP server (RFC 5321, 3207, 4954) that is needed to receive mail. */
export async function startSmtpSink({ tls, implicit = false }: SmtpOptions = {}): Promise<SmtpSink> {
  const mails: ReceivedMail[] = [];
  const sockets = new Set<Socket>();

  const converse = (raw: Socket, encrypted: boolean) => {
    sockets.add(raw);
    raw.on("close", () => sockets.delete(raw));
    raw.on("error", () => {});
    let login: string | undefined;
    let from = "";
    let to: string[] = [];
    let data: string[] | undefined;
    let pending = "";
    const say = (line: string) => raw.write(`${line}\r\n`);
    const greet = () => say("220 sink ESMTP");

    const handle = (line: string) => {
      if (data !== undefined) {
        if (line !== ".") {
          data.push(line.replace(/^\.\./, "."));
          return;
        }
        mails.push({ from, to, data: data.join("\r\n"), encrypted, login });
        data = undefined;
        say("250 taken");
        return;
      }
      const command = line.split(/[ :]/)[0]!.toUpperCase();
      const instead = sink.replies[command];
      if (instead !== undefined) {
        if (instead !== "") say(instead);
        return;
      }
      switch (command) {
        case "EHLO":
          say("250-sink");
          if (tls !== undefined && !encrypted) say("250-STARTTLS");
          if (encrypted || tls === undefined) say("250-AUTH PLAIN");
          say("250 8BITMIME");
          return;
        case "STARTTLS": {
          say("220 go ahead");
          raw.removeAllListeners("data");
          const secure = new TLSSocket(raw, { isServer: true, ...tls });
          converse(secure, true);
          return;
        }
        case "AUTH":
          login = Buffer.from(line.split(" ")[2] ?? "", "base64")
            .toString("utf8")
            .split("\0")
            .slice(1)
            .join(":");
          say("235 welcome");
          return;
        case "MAIL":
          from = /<(.*?)>/.exec(line)?.[1] ?? "";
          to = [];
          say("250 ok");
          return;
        case "RCPT":
          to = [...to, /<(.*?)>/.exec(line)?.[1] ?? ""];
          say("250 ok");
          return;
        case "DATA":
          data = [];
          say("354 end with <CRLF>.<CRLF>");
          return;
        case "QUIT":
          say("221 bye");
          raw.end();
          return;
        default:
          say("250 ok");
      }
    };
    raw.on("data", (chunk) => {
      pending += chunk.toString("utf8");
      for (let end = pending.indexOf("\r\n"); end >= 0; end = pending.indexOf("\r\n")) {
        const line = pending.slice(0, end);
        pending = pending.slice(end + 2);
        handle(line);
      }
    });
    if (!encrypted || implicit) greet();
  };

  const server =
    implicit && tls !== undefined
      ? createTlsServer(tls, (socket) => converse(socket, true))
      : createServer((socket) => converse(socket, false));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the sink has no port");
  const sink: SmtpSink = {
    port: address.port,
    mails,
    replies: {},
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return sink;
}
