/** Errors before the login name neither servers nor files. */
import { expect, it } from "vitest";
import { createFakeAccess } from "../support/fake-access.ts";
import { KUBERNETES_AUTH, startHttpApp } from "../support/http-app.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

const CAUSE = "connect ECONNREFUSED 10.0.0.1:6443 (token of /var/run/secrets/kubernetes.io/serviceaccount/token)";

it("an answer does not say why permissions cannot be checked; the log says it once a minute", async () => {
  const access = createFakeAccess();
  await using http = await startHttpApp({ auth: KUBERNETES_AUTH }, { access });
  http.live.watch(healthOf("shop", {}));
  access.broken = CAUSE;
  const answers = [];
  for (const url of [
    "/status",
    "/api/v1/state",
    "/metrics",
    "/plain",
    "/api/v1/stream",
    "/api/v1/me",
    "/",
    "/readyz",
  ]) {
    answers.push(await http.app.inject({ url, headers: { authorization: "Bearer anything" } }));
  }
  const body = { token: "anything-else" };
  answers.push(await http.app.inject({ method: "POST", url: "/api/v1/session", payload: body }));
  expect(answers.filter(({ statusCode }) => statusCode === 503).length).toBeGreaterThan(4);
  for (const { body: text, headers } of answers) {
    expect(text + JSON.stringify(headers)).not.toMatch(/ECONNREFUSED|6443|serviceaccount/);
  }
  const lines = http.log.filter(({ event }) => event === "permission_check_failed");
  expect(lines).toEqual([expect.objectContaining({ reason: CAUSE, count: 1 })]);
});
