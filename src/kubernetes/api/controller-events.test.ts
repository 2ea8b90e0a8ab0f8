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

/** The names of the controllers that are reported when the server gives these answers. */
async function reportedBy(failures: readonly object[], answers: Readonly<Record<string, [number, unknown]>>) {
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
  return { names: events.map(({ name }) => name), tags: events.map(({ imageTag }) => imageTag), asked };
}

describe("the controllers that cannot create pods", () => {
  const apps = "/apis/apps/v1/namespaces/shop";
  const batch = "/apis/batch/v1/namespaces/shop";

  it.each`
    kind                       | path                                                    | answer                                                          | reported | reason
    ${"ReplicaSet"}            | ${`${apps}/replicasets/web`}                            | ${[200, { spec: { replicas: 3 } }]}                             | ${true}  | ${"it wants pods"}
    ${"ReplicaSet"}            | ${`${apps}/replicasets/web`}                            | ${[200, { spec: { replicas: 0 } }]}                             | ${false} | ${"it was scaled to zero"}
    ${"ReplicaSet"}            | ${`${apps}/replicasets/web`}                            | ${[404, notFound("web")]}                                       | ${false} | ${"it was deleted"}
    ${"ReplicaSet"}            | ${`${apps}/replicasets/web`}                            | ${[404, "404 page not found"]}                                  | ${true}  | ${"an unknown path proves nothing about the object"}
    ${"ReplicaSet"}            | ${`${apps}/replicasets/web`}                            | ${[404, { kind: "Status", reason: "NotFound", details: null }]} | ${true}  | ${"nor does a 404 from another source"}
    ${"StatefulSet"}           | ${`${apps}/statefulsets/web`}                           | ${[403, { kind: "Status", reason: "Forbidden" }]}               | ${true}  | ${"the role may not read it"}
    ${"DaemonSet"}             | ${`${apps}/daemonsets/web`}                             | ${[500, "oops"]}                                                | ${true}  | ${"the server failed"}
    ${"DaemonSet"}             | ${`${apps}/daemonsets/web`}                             | ${[200, { spec: {} }]}                                          | ${true}  | ${"a DaemonSet has no replica count"}
    ${"Job"}                   | ${`${batch}/jobs/web`}                                  | ${[200, { spec: { parallelism: 1, suspend: true } }]}           | ${false} | ${"it is suspended"}
    ${"Job"}                   | ${`${batch}/jobs/web`}                                  | ${[200, { spec: { parallelism: 0 } }]}                          | ${false} | ${"its parallelism is zero"}
    ${"CronJob"}               | ${`${batch}/cronjobs/web`}                              | ${[200, { spec: { suspend: false } }]}                          | ${true}  | ${"it will try again"}
    ${"ReplicationController"} | ${"/api/v1/namespaces/shop/replicationcontrollers/web"} | ${[404, notFound("web")]}                                       | ${false} | ${"it was deleted"}
    ${"Widget"}                | ${"-"}                                                  | ${[404, notFound("web")]}                                       | ${true}  | ${"a kind of another API group is not read"}
  `("$kind answered $answer: reported $reported, because $reason", async ({ kind, path, answer, reported }) => {
    const { names } = await reportedBy([failedCreate(kind, "web")], { [path]: answer });
    expect(names).toEqual(reported ? ["web"] : []);
  });

  it("are read once each, at most twenty of them", async () => {
    const many = Array.from({ length: 30 }, (_, index) => failedCreate("ReplicaSet", `web-${index % 25}`));
    const { names, asked } = await reportedBy(many, {});
    expect(names).toHaveLength(30);
    expect(asked.filter((path) => path.startsWith(apps))).toHaveLength(20);
  });

  it.each`
    triggers                                                                           | tag
    ${'[{"from":{"kind":"ImageStreamTag","name":"web:latest"}}]'}                      | ${{ name: "web:latest", namespace: "shop" }}
    ${'[{"from":{"kind":"ImageStreamTag","name":"web:latest","namespace":"images"}}]'} | ${undefined}
    ${'[{"from":{"kind":"ImageStreamTag","name":"web:latest","namespace":"shop"}}]'}   | ${{ name: "web:latest", namespace: "shop" }}
    ${'[{"from":{"kind":"ImageStreamTag","name":"web:latest","namespace":".."}}]'}     | ${undefined}
    ${"[]"}                                                                            | ${undefined}
    ${"oops"}                                                                          | ${undefined}
    ${undefined}                                                                       | ${undefined}
  `("have the image stream tag of the trigger $triggers", async ({ triggers, tag }) => {
    const metadata = { annotations: { "image.openshift.io/triggers": triggers } };
    const { tags } = await reportedBy([failedCreate("ReplicaSet", "web")], {
      [`${apps}/replicasets/web`]: [200, { metadata, spec: { replicas: 1 } }],
    });
    expect(tags).toEqual([tag]);
  });

  const EMPTY =
    'Error creating: Pod "web-x" is invalid: spec.containers[0].image: Invalid value: " ": must not have leading or trailing whitespace';
  const stream = (tag: string, status: string, message: unknown = "not found") => ({
    status: { tags: [{ tag: "other" }, { tag, conditions: [{ type: "ImportSuccess", status, message }] }] },
  });

  it.each`
    what                            | name            | answer                                    | importFailure
    ${"a failed import"}            | ${"web:latest"} | ${[200, stream("latest", "False")]}       | ${"not found"}
    ${"a failed import by default"} | ${"web"}        | ${[200, stream("latest", "False")]}       | ${"not found"}
    ${"a later success"}            | ${"web:latest"} | ${[200, stream("latest", "True")]}        | ${undefined}
    ${"another tag"}                | ${"web:2"}      | ${[200, stream("latest", "False")]}       | ${undefined}
    ${"no message"}                 | ${"web:latest"} | ${[200, stream("latest", "False", null)]} | ${undefined}
    ${"a stream without a status"}  | ${"web:latest"} | ${[200, {}]}                              | ${undefined}
    ${"no permission"}              | ${"web:latest"} | ${[403, notFound("")]}                    | ${undefined}
    ${"an unreadable answer"}       | ${"web:latest"} | ${[200, "oops"]}                          | ${undefined}
  `("say why the image stream has no image, from $what", async ({ name, answer, importFailure }) => {
    const triggers = JSON.stringify([{ from: { kind: "ImageStreamTag", name } }]);
    const controller = {
      metadata: { annotations: { "image.openshift.io/triggers": triggers } },
      spec: { replicas: 1 },
    };
    const { tags } = await reportedBy([{ ...failedCreate("ReplicaSet", "web"), message: EMPTY }], {
      [`${apps}/replicasets/web`]: [200, controller],
      "/apis/image.openshift.io/v1/namespaces/shop/imagestreams/web": answer,
    });
    expect(tags).toEqual([{ name, namespace: "shop", ...(importFailure && { importFailure }) }]);
  });

  it("lead to no image stream of another namespace, which their reader may not see", async () => {
    const triggers = JSON.stringify([{ from: { kind: "ImageStreamTag", name: "web:latest", namespace: "pay" } }]);
    const { tags, asked } = await reportedBy([{ ...failedCreate("ReplicaSet", "web"), message: EMPTY }], {
      [`${apps}/replicasets/web`]: [200, { metadata: { annotations: { "image.openshift.io/triggers": triggers } } }],
      "/apis/image.openshift.io/v1/namespaces/pay/imagestreams/web": [200, stream("latest", "False", "a secret name")],
    });
    expect(tags).toEqual([undefined]);
    expect(asked.filter((path) => path.includes("imagestreams"))).toEqual([]);
  });

  it.each(["constructor", "__proto__", "toString"])("of the kind %s are not looked up", async (kind) => {
    const { names, asked } = await reportedBy([failedCreate(kind, "web")], {});
    expect(names).toEqual(["web"]);
    expect(asked.filter((path) => !path.includes("/events?"))).toEqual([]);
  });

  it("need no image stream when the image is not the reason", async () => {
    const triggers = JSON.stringify([{ from: { kind: "ImageStreamTag", name: "web:latest" } }]);
    const controller = { metadata: { annotations: { "image.openshift.io/triggers": triggers } } };
    const { asked } = await reportedBy([failedCreate("ReplicaSet", "web")], {
      [`${apps}/replicasets/web`]: [200, controller],
    });
    expect(asked.filter((path) => path.includes("imagestreams"))).toEqual([]);
  });

  it("are not looked for where none failed", async () => {
    expect(await reportedBy([], {})).toEqual({ names: [], tags: [], asked: [expect.stringContaining("FailedCreate")] });
  });
});
