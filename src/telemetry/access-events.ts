import { type Duration, MINUTE } from "../core/model/time.ts";
import type { Action } from "../ports/activity.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "./logger.ts";

/**
 * The security log: who was turned away, and who changed what. Refusals are counted by metric with everything else
 * that is answered; here each address, and each caller and route, has a line a minute, which says how many it stands
 * for. Names and addresses, never a token, nor what a person wrote.
 */
export interface AccessEvents {
  readonly signInRefused: (refused: {
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
  /** There were too many requests. */
  readonly limited: (refused: {
    readonly by: string | undefined;
    readonly address: string;
    readonly route: string;
  }) => void;
  readonly changed: (action: Pick<Action, "by" | "action" | "about">) => void;
}

const EVERY: Duration = MINUTE;
/** Who comes from more addresses than this in a minute has their lines, and not more memory. */
const MAX_KEYS = 1_000;
const MAX_NAMED = 20;

/** What callers do; what the program does in their name has lines of its own. */
const CHANGES: Readonly<Partial<Record<Action["action"], readonly [event: string, message: string]>>> = {
  ack: ["alerts_acknowledged", "Alerts were taken."],
  unack: ["alerts_unacknowledged", "Alerts were given back."],
  silence: ["silence_created", "Silences were made."],
  "silence-changed": ["silence_changed", "A silence was changed."],
  "silence-ended": ["silence_ended_by_caller", "A silence was ended."],
  resend: ["message_resent", "A message is sent once more."],
  test: ["receiver_tested", "A message was sent to test a receiver."],
};

export function createAccessEvents(logger: Logger, clock: Clock): AccessEvents {
  const line = sometimes(clock);
  return {
    signInRefused({ address, route, token }) {
      const count = line(`sign-in ${address} ${token}`);
      if (count === undefined) return;
      logger.warn({ event: "login_rejected", address, route, token, count }, "A request was not signed in.");
    },
    changeRefused({ by, address, method, route, status }) {
      const count = line(`change ${by ?? address} ${method} ${route} ${status}`);
      if (count === undefined) return;
      logger.warn({ event: "change_refused", by, address, method, route, status, count }, "A change was refused.");
    },
    limited({ by, address, route }) {
      const count = line(`limited ${by ?? address}`);
      if (count === undefined) return;
      logger.warn({ event: "requests_limited", by, address, route, count }, "There were too many requests.");
    },
    changed({ by, action, about }) {
      const known = CHANGES[action];
      if (known === undefined) return;
      const [event, message] = known;
      logger.info({ event, by, about: about.slice(0, MAX_NAMED), count: about.length }, message);
    },
  };
}

/** How many times a line stands for: itself, and those since the last one, which had none. Undefined: not now. */
function sometimes(clock: Clock): (key: string) => number | undefined {
  const lines = new Map<string, { readonly until: Duration; unsaid: number }>();
  return (key) => {
    const last = lines.get(key);
    if (last !== undefined && last.until > clock.monotonic()) {
      last.unsaid++;
      return undefined;
    }
    lines.delete(key);
    lines.set(key, { until: clock.monotonic() + EVERY, unsaid: 0 });
    if (lines.size > MAX_KEYS) lines.delete(lines.keys().next().value!);
    return 1 + (last?.unsaid ?? 0);
  };
}
