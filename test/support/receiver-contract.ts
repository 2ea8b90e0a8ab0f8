/** The contract of every receiver that uses HTTP. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Notification, Receiver, SendFailure, SendResult } from "../../src/ports/notifications.ts";
import { type Answer, type HttpSink, startHttpSink } from "./http-sink.ts";
import { makeNotification } from "./notifications.ts";

export interface ReceiverContract {
  /** Creates the receiver for a service at this origin, with the secrets given below. */
  readonly create: (origin: string) => Receiver;
  /** Every token, key and part of an address that must not appear anywhere. */
  readonly secrets: readonly string[];
  /** The body of a successful response of the service. */
  readonly accepted?: string;
  /** Statuses that have a different meaning for this service. */
  readonly statuses?:
    | Readonly<Record<number, "delivered" | { readonly retry: boolean; readonly reason: SendFailure }>>
    | undefined;
}

type Verdict = "delivered" | { readonly retry: boolean; readonly reason: SendFailure };

/** Result of each status: delivered, retried or given up. */
function usualVerdict(status: number): Verdict {
  if (status < 300) return "delivered";
  if (status === 401 || status === 403) return { retry: true, reason: "authError" };
  if (status === 408 || status === 425) return { retry: true, reason: "timeout" };
  if (status === 413) return { retry: false, reason: "tooLarge" };
  if (status === 429) return { retry: true, reason: "rateLimited" };
  return status >= 500 ? { retry: true, reason: "serverError" } : { retry: false, reason: "clientError" };
}

const STATUSES = [
  ...[200, 201, 202, 204],
  ...[300, 301, 302, 303, 304, 307, 308],
  ...Array.from({ length: 52 }, (_, index) => 400 + index),
  ...[500, 501, 502, 503, 504, 505, 507, 508, 511, 599],
];

export function describeReceiverContract(name: string, contract: ReceiverContract): void {
  describe(`${name} fulfils the contract of receivers`, () => {
    let sink: HttpSink;
    beforeAll(async () => {
      sink = await startHttpSink();
    });
    afterAll(() => sink[Symbol.asyncDispose]());

    const send = async (answer: Answer, notification: Notification = makeNotification(), signal?: AbortSignal) => {
      sink.answer = answer;
      return await contract.create(sink.origin).send(notification, signal ?? new AbortController().signal);
    };
    const expectNoSecret = (result: SendResult) => {
      for (const secret of contract.secrets) expect(JSON.stringify(result)).not.toContain(secret);
    };

    it.each(STATUSES)("%i", async (status) => {
      const expected = contract.statuses?.[status] ?? usualVerdict(status);
      const hasBody = status !== 204 && status !== 304;
      const result = await send({
        status,
        ...(hasBody ? { body: status < 300 ? (contract.accepted ?? "") : `no: ${contract.secrets.join(" ")}` } : {}),
        headers: status >= 300 && status < 400 ? { location: `${sink.origin}/elsewhere` } : {},
      });
      if (expected === "delivered") expect(result).toMatchObject({ delivered: true });
      else expect(result).toMatchObject({ delivered: false, ...expected });
      expectNoSecret(result);
    });

    it("does not follow redirects: the message is for this address only", async () => {
      const before = sink.requests.length;
      await send({ status: 307, headers: { location: `${sink.origin}/elsewhere` } });
      expect(sink.requests.slice(before).map((request) => request.path)).not.toContain("/elsewhere");
      expect(sink.requests.length).toBe(before + 1);
    });

    it("respects Retry-After", async () => {
      expect(await send({ status: 429, headers: { "retry-after": "17" } })).toMatchObject({ retryAfter: 17_000 });
      expect(await send({ status: 503, headers: { "retry-after": "3" } })).toMatchObject({ retryAfter: 3_000 });
    });

    it("treats a broken connection as temporary", async () => {
      const result = await send("reset");
      expect(result).toMatchObject({ delivered: false, retry: true, reason: "network" });
      expectNoSecret(result);
    });

    it("ends when it is aborted, and reports a timeout", async () => {
      const controller = new AbortController();
      const result = send("silence", makeNotification(), controller.signal);
      const before = sink.requests.length;
      while (sink.requests.length === before) await new Promise((resolve) => setImmediate(resolve));
      controller.abort(new DOMException("too long", "TimeoutError"));
      expect(await result).toMatchObject({ delivered: false, retry: true, reason: "timeout" });
      expectNoSecret(await result);
    });

    it("does not read an endless response", async () => {
      const before = sink.flooded;
      await send("flood");
      expect(sink.flooded - before).toBeLessThan(20_000_000);
    });

    it("names the address that refuses connections by host and port only", async () => {
      const gone = await startHttpSink();
      const { origin } = gone;
      await gone[Symbol.asyncDispose]();
      const result = await contract.create(origin).send(makeNotification(), new AbortController().signal);
      expect(result).toMatchObject({ delivered: false, retry: true, reason: "network" });
      expect(JSON.stringify(result)).toContain(new URL(origin).host);
      expectNoSecret(result);
    });

    it("does not leak secrets that the service repeats, even encoded or truncated", async () => {
      const echo = (request: { readonly path: string; readonly headers: object; readonly body: string }): Answer => ({
        status: 400,
        body: `${request.path} ${JSON.stringify(request.headers)} ${request.body}`,
      });
      sink.answer = echo;
      expectNoSecret(await contract.create(sink.origin).send(makeNotification(), new AbortController().signal));
    });
  });
}
