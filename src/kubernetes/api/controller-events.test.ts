import { describe, expect, it } from "vitest";
import type { ApiAnswer, ApiRequest } from "./api-request.ts";
import { createControllerEvents } from "./controller-events.ts";

const EVENTS = "/api/v1/namespaces/shop/events";
const notFound = (name: string) => ({ kind: "Status", status: "Failure", reason: "NotFound", details: { name } });

function failedCreate(kind: string, name: string): object {
  return {
    involvedObject: { kind, name },
    reason: "FailedCreate",
    message: "exceeded quota",
    lastTimestamp: "2026-11-22T11:00:00Z",
  };
}

/** The names of the controllers that are told of, when the server answers so to what it is asked. */
async function toldOf(failures: readonly object[], answers: Readonly<Record<string, [number, unknown]>>) {
  const asked: string[] = [];
  const request: ApiRequest = async ({ path }): Promise<ApiAnswer> => {
    asked.push(path);
    const [status, body] = path.startsWith(EVENTS)
      ? [200, { items: path.includes("FailedCreate") ? failures : [] }]
      : (answers[path] ?? [403, notFound("")]);
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return { status: status as number, contentType: "application/json", body: Buffer.from(text), isCut: false };
  };
  const events = await createControllerEvents(request).list("shop");
  return { names: events.map(({ name }) => name), asked };
}

describe("the controllers that cannot create pods", () => {
  const apps = "/apis/apps/v1/namespaces/shop";
  const batch = "/apis/batch/v1/namespaces/shop";

  it.each`
    kind                       | path                                                    | answer                                                          | told     | reason
    ${"ReplicaSet"}            | ${`${apps}/replicasets/web`}                            | ${[200, { spec: { replicas: 3 } }]}                             | ${true}  | ${"it asks for pods"}
    ${"ReplicaSet"}            | ${`${apps}/replicasets/web`}                            | ${[200, { spec: { replicas: 0 } }]}                             | ${false} | ${"it was scaled to nothing"}
    ${"ReplicaSet"}            | ${`${apps}/replicasets/web`}                            | ${[404, notFound("web")]}                                       | ${false} | ${"it was deleted"}
    ${"ReplicaSet"}            | ${`${apps}/replicasets/web`}                            | ${[404, "404 page not found"]}                                  | ${true}  | ${"a path that is not known says nothing of the object"}
    ${"ReplicaSet"}            | ${`${apps}/replicasets/web`}                            | ${[404, { kind: "Status", reason: "NotFound", details: null }]} | ${true}  | ${"nor does a 404 of something else"}
    ${"StatefulSet"}           | ${`${apps}/statefulsets/web`}                           | ${[403, { kind: "Status", reason: "Forbidden" }]}               | ${true}  | ${"a small role may not look"}
    ${"DaemonSet"}             | ${`${apps}/daemonsets/web`}                             | ${[500, "oops"]}                                                | ${true}  | ${"the server could not say"}
    ${"DaemonSet"}             | ${`${apps}/daemonsets/web`}                             | ${[200, { spec: {} }]}                                          | ${true}  | ${"a DaemonSet has no number"}
    ${"Job"}                   | ${`${batch}/jobs/web`}                                  | ${[200, { spec: { parallelism: 1, suspend: true } }]}           | ${false} | ${"it is suspended"}
    ${"Job"}                   | ${`${batch}/jobs/web`}                                  | ${[200, { spec: { parallelism: 0 } }]}                          | ${false} | ${"it asks for none at a time"}
    ${"CronJob"}               | ${`${batch}/cronjobs/web`}                              | ${[200, { spec: { suspend: false } }]}                          | ${true}  | ${"it will try again"}
    ${"ReplicationController"} | ${"/api/v1/namespaces/shop/replicationcontrollers/web"} | ${[404, notFound("web")]}                                       | ${false} | ${"it was deleted"}
    ${"Widget"}                | ${"-"}                                                  | ${[404, notFound("web")]}                                       | ${true}  | ${"a kind of somebody else's is not looked for"}
  `("$kind answered $answer: told $told, for $because", async ({ kind, path, answer, told }) => {
    const { names } = await toldOf([failedCreate(kind, "web")], { [path]: answer });
    expect(names).toEqual(told ? ["web"] : []);
  });

  it("are looked for once each, and no more than twenty", async () => {
    const many = Array.from({ length: 30 }, (_, index) => failedCreate("ReplicaSet", `web-${index % 25}`));
    const { names, asked } = await toldOf(many, {});
    expect(names).toHaveLength(30);
    expect(asked.filter((path) => path.startsWith(apps))).toHaveLength(20);
  });

  it("are not looked for where none failed", async () => {
    expect(await toldOf([], {})).toEqual({ names: [], asked: [expect.stringContaining("FailedCreate")] });
  });
});
