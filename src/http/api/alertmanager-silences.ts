import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { compileMatchers, isPattern, type Matcher } from "../../core/notify/matcher.ts";
import { type Silence, type SilenceScope, scopeKey, scopeMatchers, silenceState } from "../../core/notify/silence.ts";
import { encodeTime } from "../../core/view/api-times.ts";
import type { Caller } from "../base/caller.ts";
import { HttpProblem, notFound } from "../base/problem.ts";
import type { postableSilence, silencesQuery } from "../schemas/alertmanager.ts";
import { createSilenceViews, seesScope } from "./silence-views.ts";
import { createSilenceWriter, requireDuration, requireWrite, type SilencesDeps } from "./silence-writer.ts";

/** Alertmanager's name of a silence that has not started. */
const STATES = { upcoming: "pending", active: "active", expired: "expired" } as const;

/** Matches every alert: a silence of everything has no matcher, and Alertmanager's schema wants one. */
const EVERYTHING: Matcher = { name: "alertname", operator: "=~", value: ".+" };

/** Silences, as Alertmanager shows and takes them. */
export function createAlertmanagerSilences(deps: SilencesDeps) {
  const { silences, clock } = deps;
  const writer = createSilenceWriter(deps, createSilenceViews(deps));
  return {
    list(caller: Caller, { filter, ...states }: z.output<typeof silencesQuery>) {
      const matches = compileMatchers(filter);
      return silences
        .list()
        .filter((one) => seesScope(caller, one.scope))
        .filter((one) => matches(Object.fromEntries(matchersOf(one.scope).map(({ name, value }) => [name, value]))))
        .map((one) => gettable(one))
        .filter(({ status }) => states[status.state]);
    },

    get(caller: Caller, id: string) {
      const known = silences.find(id);
      if (known === undefined || !seesScope(caller, known.scope)) throw notFound(`Silence ${id}`);
      return gettable(known);
    },

    async expire(caller: Caller, id: string): Promise<void> {
      await writer.end(id, caller);
    },

    /** As in Alertmanager (silence.go, `Set`): a change of what or when it matches creates another one, and ends this one. */
    async set(caller: Caller, body: z.output<typeof postableSilence>): Promise<string> {
      const { matchers, startsAt: from, endsAt: until, comment: reason, createdBy } = body;
      const scope: SilenceScope = { kind: "matchers", matchers };
      const earlier = body.id === undefined || body.id === "" ? undefined : await writer.changeable(body.id, caller);
      await requireWrite(caller, scope);
      requireDuration(until - Math.max(from, clock.now()));
      const request = {
        scope,
        from,
        until,
        reason,
        endWhenNormal: earlier?.endWhenNormal ?? false,
        evenIfSilenced: true,
      };
      if (earlier !== undefined && isChange(earlier, scope, from)) {
        // The kind of its scope stays: a namespace that the page silenced is the same as its matcher.
        return (await writer.change(earlier, { ...request, scope: earlier.scope }, caller)).id;
      }
      if (earlier?.repeat !== undefined) {
        throw new HttpProblem(
          400,
          "A recurring silence cannot be replaced here: end it, and create another on the page.",
        );
      }
      const { id } = await writer.create(`s-${randomUUID()}`, request, caller, createdBy);
      if (earlier !== undefined) await writer.end(earlier.id, caller);
      return id;
    },
  };

  function isChange(earlier: Silence, scope: SilenceScope, from: number): boolean {
    const state = silenceState(earlier, clock.now());
    if (state === "expired" || scopeKey(scope) !== scopeKey(asMatchers(earlier.scope))) return false;
    return from === earlier.from || (state === "active" && from <= clock.now());
  }

  function gettable(silence: Silence) {
    const { id, scope, from, until, by, reason, createdAt, endedAt, endWhenNormal, repeat } = silence;
    return {
      id,
      status: { state: STATES[silenceState(silence, clock.now())] },
      matchers: matchersOf(scope).map((one) => ({
        name: one.name,
        value: one.value,
        isRegex: isPattern(one),
        isEqual: one.operator === "=" || one.operator === "=~",
      })),
      startsAt: encodeTime(from),
      endsAt: encodeTime(endedAt ?? until),
      updatedAt: encodeTime(endedAt ?? createdAt),
      createdBy: by,
      comment: reason,
      annotations: {
        ...(endWhenNormal ? { end_when_normal: "true" } : {}),
        ...(repeat === undefined ? {} : { recurring: "true" }),
      },
    };
  }
}

function matchersOf(scope: SilenceScope): readonly Matcher[] {
  const matchers = scopeMatchers(scope);
  return matchers.length === 0 ? [EVERYTHING] : matchers;
}

function asMatchers(scope: SilenceScope): SilenceScope {
  return { kind: "matchers", matchers: matchersOf(scope) };
}
