/** The session cookie is of no use outside this process: it is not a token of the cluster. */
import { beforeEach, expect, it } from "vitest";
import { HOUR } from "../../src/core/model/time.ts";
import { createSessions } from "../../src/http/auth/sessions.ts";
import { createFakeAccess, type FakeAccess } from "../support/fake-access.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { type HttpApp, KUBERNETES_AUTH, startHttpApp } from "../support/http-app.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

const TOKEN = "sha256~a-token-of-the-cluster-0123456789";
const OWN = { host: "pods.example", origin: "https://pods.example" };

let access: FakeAccess;
let http: HttpApp;
beforeEach(async () => {
  access = createFakeAccess();
  access.grant(TOKEN, "eva", "get shop");
  http = await start();
  return () => http[Symbol.asyncDispose]();
});

async function start(): Promise<HttpApp> {
  const app = await startHttpApp({ auth: KUBERNETES_AUTH, bind: "0.0.0.0" }, { access });
  app.live.watch(healthOf("shop", {}));
  return app;
}

async function signIn(app = http, headers: Record<string, string> = OWN) {
  const answer = await app.app.inject({ method: "POST", url: "/api/v1/session", headers, payload: { token: TOKEN } });
  expect(answer.statusCode).toBe(200);
  const cookies = [answer.headers["set-cookie"]].flat().map(String);
  return { cookies, cookie: cookies.map((one) => one.split(";")[0]).join("; "), text: answer.body + cookies.join() };
}
const status = async (cookie: string, app = http) =>
  (await app.app.inject({ url: "/api/v1/state", headers: { ...OWN, cookie } })).statusCode;

it("is a random id with the prefix __Host-, different for each login", async () => {
  const [one, other] = [await signIn(), await signIn()];
  for (const { cookies, text } of [one, other]) {
    expect(cookies[0]).toMatch(/^__Host-pod_watcher_session=[\w-]{43}; HttpOnly; Path=\/; SameSite=Strict; Secure$/);
    expect(text).not.toContain(TOKEN);
  }
  expect(one.cookie).not.toBe(other.cookie);
  expect(await status(one.cookie)).toBe(200);
});

it("does not accept a token as a session", async () => {
  expect(await status(`__Host-pod_watcher_session=${TOKEN}`)).toBe(401);
});

it("ends with the logout, with the token, and with the process", async () => {
  const { cookie } = await signIn();
  await using restarted = await start();
  expect(await status(cookie, restarted)).toBe(401);
  await http.app.inject({ method: "DELETE", url: "/api/v1/session", headers: { ...OWN, cookie } });
  expect(await status(cookie)).toBe(401);
  const again = await signIn();
  access.revoke(TOKEN);
  await http.clock.advance(HOUR);
  expect(await status(again.cookie)).toBe(401);
});

it("ends when it is not used, and is limited in number", async () => {
  const clock = createFakeClock();
  const sessions = createSessions(clock);
  const [used, idle] = [sessions.begin("one"), sessions.begin("two")];
  for (let hours = 0; hours < 13; hours++) {
    await clock.advance(HOUR);
    expect(sessions.tokenOf(used)).toBe("one");
  }
  expect(sessions.tokenOf(idle)).toBeUndefined();
  const many = Array.from({ length: 51 }, () => sessions.begin("two"));
  expect(sessions.tokenOf(many[0]!)).toBeUndefined();
  expect(sessions.tokenOf(many[1]!)).toBe("two");
  expect(sessions.tokenOf(used)).toBe("one");
  sessions.end(used);
  expect(sessions.tokenOf(used)).toBeUndefined();
});
