import { type Duration, MINUTE } from "../core/model/time.ts";
import type { Action } from "../ports/activity.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "./logger.ts";

/**
 * The audit log: rejected requests, and changes by callers. The metric of requests counts rejections too; the log has one
 * line per minute for each address, or caller and route, with the number of requests. It contains names and addresses,
 * never tokens or the text of notes.
 */
export interface AccessEvents {
  readonly loginRejected: (refused: {
    readonly address: string;
    readonly route: string;
    readonly token: boolean;
  }) => void;
  readonly changeRefused: (refused: {
    readonly by: string | undefined;
    readonly address: string;
    readonly method: string;
    readonly route: string;
    readonly status: number;
  }) => void;
  /** A request was rejected because of a rate limit. */
  readonly limited: (refused: {
    readonly by: string | undefined;
    readonly address: string;
    readonly route: string;
  }) => void;
  /** Kubernetes could not be asked for the permissions of a caller. */
  readonly checkFailed: (failed: { readonly route: string; readonly reason: string }) => void;
  readonly changed: (action: Pick<Action, "by" | "action" | "about">) => void;
}

const EVERY: Duration = MINUTE;
/** Limits the memory. Beyond it the oldest key is dropped and can be logged again within the minute. */
const MAX_KEYS = 1_000;
const MAX_NAMED = 20;

/** Actions of callers. Actions of the program have their own events. */
const CHANGES: Readonly<Partial<Record<Action["action"], readonly [event: string, message: string]>>> = {
  ack: ["alerts_acknowledged", "Alerts acknowledged."],
  unack: ["alerts_unacknowledged", "Alerts unacknowledged."],
  silence: ["silence_created", "Silences created."],
  "silence-changed": ["silence_changed", "Silence changed."],
  "silence-ended": ["silence_ended_by_caller", "Silence ended."],
  resend: ["message_resent", "Notification resent."],
  release: ["deliveries_released", "Deliveries that another caller had claimed were released."],
  test: ["receiver_tested", "Test notification sent."],
};

export function createAccessEvents(logger: Logger, clock: Clock): AccessEvents {
  const line = oncePerMinute(clock);
  return {
    loginRejected({ address, route, token }) {
      const count = line(`login ${address} ${token}`);
      if (count === undefined) return;
      logger.warn({ event: "login_rejected", address, route, token, count }, "Login rejected.");
    },
    changeRefused({ by, address, method, route, status }) {
      const count = line(`change ${by ?? address} ${method} ${route} ${status}`);
      if (count === undefined) return;
      logger.warn({ event: "change_refused", by, address, method, route, status, count }, "Change rejected.");
    },
    limited({ by, address, route }) {
      const count = line(`limited ${by ?? address}`);
      if (count === undefined) return;
      logger.warn({ event: "requests_limited", by, address, route, count }, "Too many requests.");
    },
    checkFailed({ route, reason }) {
      const count = line(`check ${reason}`);
      if (count === undefined) return;
      logger.warn({ event: "permission_check_failed", route, reason, count }, "Permissions could not be checked.");
    },
    changed({ by, action, about }) {
      const change = CHANGES[action];
      if (change === undefined) return;
      const [event, message] = change;
      logger.info({ event, by, about: about.slice(0, MAX_NAMED), count: about.length }, message);
    },
  };
}

/** Number of requests since the last line for the key, this one included; undefined within a minute of the last line. */
function oncePerMinute(clock: Clock): (key: string) => number | undefined {
  const lines = new Map<string, { readonly until: Duration; unlogged: number }>();
  return (key) => {
    const last = lines.get(key);
    if (last !== undefined && last.until > clock.monotonic()) {
      last.unlogged++;
      return undefined;
    }
    lines.delete(key);
    lines.set(key, { until: clock.monotonic() + EVERY, unlogged: 0 });
    if (lines.size > MAX_KEYS) lines.delete(lines.keys().next().value!);
    return 1 + (last?.unlogged ?? 0);
  };
}
