import type { FastifyInstance } from "fastify";
import type { AccessEvents } from "../../telemetry/access-events.ts";
import { errorMessage } from "../../util/error-message.ts";
import type { Access } from "../auth/auth.ts";
import { ruleOf } from "../auth/auth-rules.ts";
import { callerIfKnown } from "../base/caller.ts";
import { causeOf } from "../base/errors.ts";

/** Logs failed permission checks, rejected logins, denied changes and rate-limited requests. */
export function logRefusals(app: FastifyInstance, access: Pick<Access, "credential">, events: AccessEvents): void {
  app.addHook("onResponse", async (request, reply) => {
    const { method, ip: address } = request;
    const { url } = request.routeOptions;
    const route = url ?? "none";
    const status = reply.statusCode;
    const by = callerIfKnown(request)?.user;
    const cause = causeOf(request);
    if (cause !== undefined) events.checkFailed({ route, reason: errorMessage(cause) });
    if (status === 429) events.limited({ by, address, route });
    if (status === 401) {
      const token = access.credential(request) !== undefined || route === "/api/v1/session";
      events.loginRejected({ address, route, token });
    }
    if (status === 403 && url !== undefined && ruleOf(method, url) === "write") {
      events.changeRefused({ by, address, method, route, status });
    }
  });
}
