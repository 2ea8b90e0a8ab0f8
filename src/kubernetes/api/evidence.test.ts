import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { TransportError } from "../transport/error.ts";
import type { ApiAnswer, ApiCall, ApiRequest } from "./api-request.ts";
import { createEvidence } from "./evidence.ts";

const JSON_TYPE = "application/json";

function answer(status: number, body: unknown, contentType = JSON_TYPE): ApiAnswer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, contentType, body: Buffer.from(text), isCut: false };
}

function refusal(status: number, message: string): ApiAnswer {
  return answer(status, { kind: "Status", apiVersion: "v1", status: "Failure", message, code: status });
}

/** Answers from the list, one after the other, and remembers what was asked. */
function scripted(...answers: readonly (ApiAnswer | Error)[]): ApiRequest & { readonly calls: ApiCall[] } {
  const left = [...answers];
  const calls: ApiCall[] = [];
  const request: ApiRequest = async (call) => {
    calls.push(call);
    const next = left.shift();
    if (next === undefined) throw new Error(`not expected: ${call.method} ${call.path}`);
    if (next instanceof Error) throw next;
    return next;
  };
  return Object.assign(request, { calls });
}

function evidenceOf(request: ApiRequest, atOnce?: number) {
  const clock = createFakeClock();
  return { clock, evidence: createEvidence({ request, clock, ...(atOnce === undefined ? {} : { atOnce }) }) };
}

const previous = { previous: true, tailLines: 50 };
const current = { previous: false, tailLines: 3 };

describe("events", () => {
  it("of a pod are selected by its UID and sorted newest first", async () => {
    const at = (time: string, more: object = {}) => ({ message: time, metadata: { managedFields: [] }, ...more });
    const request = scripted(
      answer(200, {
        items: [
          at("first", { lastTimestamp: "2026-11-22T11:00:00Z" }),
          at("series", {
            series: { lastObservedTime: "2026-11-22T12:00:00.5Z" },
            lastTimestamp: null,
            eventTime: "2026-11-22T10:00:00Z",
          }),
          at("event time", { lastTimestamp: null, eventTime: "2026-11-22T11:30:00.000001Z" }),
          at("created", { metadata: { creationTimestamp: "2026-11-22T11:15:00Z" } }),
          at("never", { lastTimestamp: null }),
        ],
        metadata: {},
      }),
    );
    const events = await evidenceOf(request).evidence.events("shop", { name: "web-0", uid: "u-1" });
    expect(events.map((event) => event.message)).toEqual(["series", "event time", "created", "first", "never"]);
    expect(events[0]?.metadata).toEqual({});
    expect(request.calls.map(({ path }) => path)).toEqual([
      "/api/v1/namespaces/shop/events?fieldSelector=involvedObject.uid%3Du-1&limit=500",
    ]);
  });

  it("of a pod without a UID are selected by its name, those of a namespace without a selector, page by page", async () => {
    const request = scripted(
      answer(200, { items: [] }),
      answer(200, { items: [{ message: "a" }], metadata: { continue: "next page" } }),
      answer(200, { items: [{ message: "b" }] }),
    );
    const { evidence } = evidenceOf(request);
    expect(await evidence.events("shop", { name: "web-0" })).toEqual([]);
    expect(await evidence.events("shop")).toHaveLength(2);
    expect(request.calls.map(({ path }) => path)).toEqual([
      "/api/v1/namespaces/shop/events?fieldSelector=involvedObject.kind%3DPod%2CinvolvedObject.name%3Dweb-0&limit=500",
      "/api/v1/namespaces/shop/events?limit=500",
      "/api/v1/namespaces/shop/events?limit=500&continue=next+page",
    ]);
  });

  it("are returned as far as they were read when a continue token expires", async () => {
    const request = scripted(
      answer(200, { items: [{ message: "a" }], metadata: { continue: "t" } }),
      refusal(410, "expired"),
    );
    expect(await evidenceOf(request).evidence.events("shop")).toHaveLength(1);
  });

  it.each([
    [
      refusal(403, 'events is forbidden: User "x" cannot list'),
      'Not allowed to list events in shop (403): events is forbidden: User "x" cannot list',
    ],
    [refusal(401, "Unauthorized"), "The API server rejects the credentials (401): Unauthorized"],
    [answer(200, "<html>", "text/html"), "The response is not from an API server (received as text/html)"],
    [answer(200, "[]", ""), "The response is not from an API server (received without a Content-Type)"],
    [{ ...answer(200, "{"), isCut: true }, "The response is too large to list events in shop"],
  ])("that are refused are described (%#)", async (given, message) => {
    await expect(evidenceOf(scripted(given)).evidence.events("shop")).rejects.toThrow(message);
  });
});

describe("pods", () => {
  const pod = {
    kind: "Pod",
    metadata: {
      name: "web-0",
      managedFields: [{ manager: "kubectl" }],
      annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}", note: "password=geheim" },
    },
    spec: {
      containers: [
        {
          name: "app",
          command: ["run", "--password", "geheim", "--verbose"],
          args: ["--token=geheim"],
          env: [
            { name: "DB_PASSWORD", value: "geheim" },
            { name: "FROM_SECRET", valueFrom: { secretKeyRef: { name: "db", key: "password" } } },
          ],
          livenessProbe: { httpGet: { httpHeaders: [{ name: "Authorization", value: "geheim" }] } },
        },
      ],
    },
    status: {
      containerStatuses: [{ state: { waiting: { reason: "X", message: "postgres://a:geheim@db" } }, restartCount: 3 }],
    },
  };

  it("are returned without secrets", async () => {
    const request = scripted(answer(200, pod), answer(200, { items: [pod] }));
    const { evidence } = evidenceOf(request);
    const [shown] = await evidence.pods("shop", "web-0");
    expect(JSON.stringify(shown)).not.toMatch(/geheim|managedFields|last-applied/);
    expect(shown).toEqual({
      kind: "Pod",
      metadata: { name: "web-0", annotations: { note: "password=[masked]" } },
      spec: {
        containers: [
          {
            name: "app",
            command: ["run", "--password", "[masked]", "--verbose"],
            args: ["--token=[masked]"],
            env: [
              { name: "DB_PASSWORD" },
              { name: "FROM_SECRET", valueFrom: { secretKeyRef: { name: "db", key: "password" } } },
            ],
            livenessProbe: { httpGet: { httpHeaders: [{ name: "Authorization" }] } },
          },
        ],
      },
      status: {
        containerStatuses: [
          { state: { waiting: { reason: "X", message: "postgres://a:[masked]@db" } }, restartCount: 3 },
        ],
      },
    });
    expect(await evidence.pods("shop")).toEqual([shown]);
    expect(request.calls.map(({ path }) => path)).toEqual([
      "/api/v1/namespaces/shop/pods/web-0",
      "/api/v1/namespaces/shop/pods?limit=500",
    ]);
  });

  it("that do not exist are an empty list", async () => {
    expect(await evidenceOf(scripted(refusal(404, "not found"))).evidence.pods("shop", "gone")).toEqual([]);
  });
});

describe("a log", () => {
  it("ends with its last lines, secrets masked", async () => {
    const request = scripted(answer(200, "one\ntwo\nconnect password=geheim\r\nexit\n", "text/plain"));
    expect(await evidenceOf(request).evidence.log("shop", "web-0", "app", current)).toEqual({
      available: true,
      lines: ["two", "connect password=[masked]", "exit"],
    });
    expect(request.calls[0]).toMatchObject({
      path: "/api/v1/namespaces/shop/pods/web-0/log?container=app&tailLines=3",
      keep: "end",
    });
  });

  it("of the previous run is read by name; a partial first line is dropped, long lines are shortened", async () => {
    const request = scripted({ ...answer(200, `alf a line\n${"x".repeat(5_000)}`, "text/plain"), isCut: true });
    const excerpt = await evidenceOf(request).evidence.log("shop", "web-0", "app", previous);
    expect(excerpt).toEqual({ available: true, lines: [`${"x".repeat(4_096)}…`] });
    expect(request.calls[0]?.path).toContain("previous=true");
  });

  it("may be empty", async () => {
    expect(await evidenceOf(scripted(answer(200, "", "text/plain"))).evidence.log("s", "p", "c", current)).toEqual({
      available: true,
      lines: [],
    });
  });

  it.each([
    [
      refusal(403, 'User "x" cannot get resource "pods/log"'),
      current,
      'Not allowed to read the log of app in pod shop/web-0 (403): User "x" cannot get resource "pods/log"',
      "forbidden",
    ],
    [refusal(404, 'pods "web-0" not found'), current, "The pod no longer exists, so its log is gone.", "not-kept"],
    [
      refusal(400, 'previous terminated container "app" in pod "web-0" not found'),
      previous,
      "There is no log of a previous run: the container has run only once, or the node has removed the log.",
      "not-kept",
    ],
    [
      refusal(400, 'container "app" in pod "web-0" is waiting to start: trying and failing to pull image'),
      current,
      "The container has not started yet.",
      "never-started",
    ],
    [
      refusal(400, 'container "app" in pod "web-0" is waiting to start: ContainerCreating'),
      previous,
      "There is no previous run: the container has never started.",
      "never-started",
    ],
    [
      refusal(400, "container x is not valid for pod web-0"),
      current,
      "The API server failed to read the log of app in pod shop/web-0 (400): container x is not valid for pod web-0",
      "unreachable",
    ],
    [
      answer(200, "unable to retrieve container logs for containerd://4f5e", "text/plain"),
      current,
      "The node no longer has this log, because the container was removed.",
      "not-kept",
    ],
    [new TransportError("CREDENTIALS", "the token is empty"), current, "the token is empty", "unreachable"],
  ] as const)("that cannot be read states why (%#)", async (given, options, reason, why) => {
    expect(await evidenceOf(scripted(given)).evidence.log("shop", "web-0", "app", options)).toEqual({
      available: false,
      reason,
      why,
    });
  });
});

describe("asking", () => {
  it.each([[refusal(503, "down")], [refusal(429, "busy")], [new TransportError("RESET", "reset")]])(
    "is done a second time after a second when the first answer may pass (%#)",
    async (first) => {
      const request = scripted(first, answer(200, { items: [{ message: "a" }] }));
      const { clock, evidence } = evidenceOf(request);
      const events = evidence.events("shop");
      await clock.advance(999);
      expect(request.calls).toHaveLength(1);
      await clock.advance(1);
      expect(await events).toHaveLength(1);
    },
  );

  it("is not repeated a third time", async () => {
    const request = scripted(refusal(500, "a"), refusal(500, "b"));
    const { clock, evidence } = evidenceOf(request);
    const events = expect(evidence.events("shop")).rejects.toThrow("failed to list events in shop (500): b");
    await clock.advance(1_000);
    await events;
  });

  it("waits for a free slot while the maximum number of requests is running", async () => {
    let running = 0;
    let most = 0;
    const request: ApiRequest = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return answer(200, { items: [] });
    };
    const { evidence } = evidenceOf(request, 2);
    await Promise.all(Array.from({ length: 7 }, () => evidence.events("shop", { name: "web-0" })));
    expect(most).toBe(2);
  });

  it("lists a whole namespace once for all who wait, and one namespace at a time", async () => {
    let running = 0;
    let most = 0;
    const asked: string[] = [];
    const request: ApiRequest = async ({ path }) => {
      asked.push(path);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return answer(200, { items: [{ metadata: {} }] });
    };
    const { evidence } = evidenceOf(request);
    const namespaces = ["shop", "pay", "shop", "shop", "pay"];
    const found = await Promise.all(namespaces.map((namespace) => evidence.pods(namespace)));
    expect(found.map((pods) => pods.length)).toEqual([1, 1, 1, 1, 1]);
    expect([asked.length, most]).toEqual([2, 1]);
    await evidence.pods("shop");
    expect(asked).toHaveLength(3);
  });
});
