/** A client of the simulator that uses only the HTTP modules of Node.js. */
import { request as plainRequest } from "node:http";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { request as tlsRequest } from "node:https";

export interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: AsyncIterable<Buffer>;
  text(): Promise<string>;
  json(): Promise<Record<string, unknown>>;
  /** The events of a JSON watch. */
  events(): AsyncGenerator<WatchEvent>;
}

export interface WatchEvent {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read objects of every kind
  readonly object: any;
}

export interface RawClient extends Disposable {
  send(method: string, path: string, headers?: Readonly<Record<string, string>>, body?: string): Promise<Response>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  post(path: string, body: unknown): Promise<Response>;
  patch(path: string, body: unknown): Promise<Response>;
}

const MERGE_PATCH = "application/merge-patch+json";

export interface RawClientOptions {
  readonly url: string;
  readonly ca: string;
  readonly token?: string;
  readonly http: 1 | 2;
}

export function rawClient({ url, ca, token, http }: RawClientOptions): RawClient {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  if (http === 2) {
    const session = connect(url, { ca });
    session.on("error", () => {});
    const send: RawClient["send"] = (method, path, extra = {}, body) =>
      overHttp2(session, { ":method": method, ":path": path, ...authorization, ...extra }, body);
    return {
      send,
      get: (path, headers = {}) => send("GET", path, headers),
      post: (path, body) => send("POST", path, { "content-type": "application/json" }, JSON.stringify(body)),
      patch: (path, body) => send("PATCH", path, { "content-type": MERGE_PATCH }, JSON.stringify(body)),
      [Symbol.dispose]: () => session.destroy(),
    };
  }
  const send: RawClient["send"] = (method, path, headers = {}, body) =>
    new Promise<Response>((resolve, reject) => {
      const request = url.startsWith("https:") ? tlsRequest : plainRequest;
      const sent = request(`${url}${path}`, { method, ca, headers: { ...authorization, ...headers }, agent: false });
      sent.on("error", reject);
      sent.on("response", (response) => resolve(responseOf(response.statusCode ?? 0, response.headers, response)));
      sent.end(body);
    });
  return {
    send,
    get: (path, headers = {}) => send("GET", path, headers),
    post: (path, body) => send("POST", path, { "content-type": "application/json" }, JSON.stringify(body)),
    patch: (path, body) => send("PATCH", path, { "content-type": MERGE_PATCH }, JSON.stringify(body)),
    [Symbol.dispose]: () => {},
  };
}

function overHttp2(session: ClientHttp2Session, headers: Record<string, string>, body?: string): Promise<Response> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers);
    stream.on("error", reject);
    stream.on("response", (responded) => resolve(responseOf(Number(responded[":status"]), responded, whole(stream))));
    stream.end(body);
  });
}

/** Node.js ends the body of an aborted stream as if it were complete, and reports the error elsewhere. */
async function* whole(stream: ClientHttp2Stream): AsyncGenerator<Buffer> {
  yield* stream;
  if (stream.aborted || stream.rstCode !== 0) throw Object.assign(new Error("aborted"), { code: "ECONNRESET" });
}

function responseOf(status: number, headers: Response["headers"], body: AsyncIterable<Buffer>): Response {
  const text = async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  return {
    status,
    headers,
    body,
    text,
    json: async () => JSON.parse(await text()) as Record<string, unknown>,
    async *events() {
      let rest = "";
      for await (const chunk of body) {
        const lines = (rest + chunk.toString()).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) yield JSON.parse(line) as WatchEvent;
      }
    },
  };
}

/** The next `count` events of a watch. */
export async function take(events: AsyncGenerator<WatchEvent>, count: number): Promise<WatchEvent[]> {
  const taken: WatchEvent[] = [];
  while (taken.length < count) {
    const { value, done } = await events.next();
    if (done) throw new Error(`the watch ended after ${taken.length} of ${count} events`);
    taken.push(value);
  }
  return taken;
}
