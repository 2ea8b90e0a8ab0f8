import { type Duration, SECOND } from "../core/model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { SendResult } from "../ports/notifications.ts";
import { onAbort } from "../util/on-abort.ts";

/** One attempt. Never rejects: an exception and a timeout, even if the receiver ignores its signal, are results as well. */
export async function sendWithTimeout(
  send: (signal: AbortSignal) => Promise<SendResult>,
  timeout: Duration,
  clock: Clock,
  stopping: AbortSignal,
): Promise<SendResult> {
  const controller = new AbortController();
  const release = onAbort([stopping], () => controller.abort(stopping.reason));
  const result = Promise.withResolvers<SendResult>();
  const timer = clock.after(timeout, () => {
    controller.abort(new DOMException("The receiver timed out.", "TimeoutError"));
    const detail = `no response within ${timeout / SECOND} s`;
    result.resolve({ delivered: false, retry: true, reason: "timeout", detail });
  });
  send(controller.signal).then(result.resolve, (error: unknown) => {
    // The name only, because the message may contain a secret.
    const name = error instanceof Error ? error.name : typeof error;
    result.resolve({ delivered: false, retry: true, reason: "network", detail: `the receiver failed with ${name}` });
  });
  try {
    return await result.promise;
  } finally {
    timer.cancel();
    release();
  }
}
