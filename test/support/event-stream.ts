import { type ClientRequest, get, type IncomingMessage } from "node:http";
import { decodeTimes } from "../../src/core/view/api-times.ts";

/** A page that follows GET /api/v1/stream over a real connection, and can stop reading. */
export interface EventStream {
  readonly response: IncomingMessage;
  readonly events: readonly StreamedEvent[];
  readonly comments: number;
  /** The first past or future event that satisfies the predicate. */
  next(holds: (event: StreamedEvent) => boolean): Promise<StreamedEvent>;
  /** Resolves when the server ends it, or it breaks. */
  readonly ended: Promise<void>;
  close(): void;
}

export interface StreamedEvent {
  readonly id: string;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read it like a page's script
  readonly data: any;
}

export async function openStream(url: string, headers: Record<string, string> = {}): Promise<EventStream> {
  const events: StreamedEvent[] = [];
  const waiting = new Set<() => void>();
  let comments = 0;
  let rest = "";
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const { promise: answered, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request: ClientRequest = get(url, { headers, agent: false }, resolve).on("error", reject);
  const response = await answered;
  response.setEncoding("utf8");
  response.on("error", () => {}).on("close", end);
  response.on("data", (chunk: string) => {
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop()!;
    for (const block of blocks) {
      if (block.startsWith(":")) {
        comments++;
        continue;
      }
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1] ?? "";
      events.push({ id: field("id"), event: field("event"), data: decodeTimes(JSON.parse(field("data"))) });
    }
    for (const wake of [...waiting]) wake();
  });
  return {
    response,
    events,
    get comments() {
      return comments;
    },
    ended,
    next: (holds) =>
      new Promise((found) => {
        const look = () => {
          const event = events.find(holds);
          if (event === undefined) return;
          waiting.delete(look);
          found(event);
        };
        waiting.add(look);
        look();
      }),
    close: () => request.destroy(),
  };
}
