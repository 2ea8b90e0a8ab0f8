import { describe, expect, it } from "vitest";
import { makeAlert } from "../../../test/support/batches.ts";
import {
  makeHugeNotification,
  makeNotification,
  makeRichNotification,
  NOON,
} from "../../../test/support/notifications.ts";
import { createKubernetesEvents, toEvent } from "./kubernetes-event.ts";

function sending(answer: { status: number; body: string } | Error) {
  const posted: { path: string; json: object }[] = [];
  const receiver = createKubernetesEvents({
    name: "events",
    async post(path, json) {
      posted.push({ path, json });
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  return {
    posted,
    send: (notification = makeNotification()) => receiver.send(notification, new AbortController().signal),
  };
}

describe("Kubernetes events", () => {
  it("are created for each pod", async () => {
    const { posted, send } = sending({ status: 201, body: "{}" });
    expect(await send(makeRichNotification())).toEqual({ delivered: true });
    expect(posted).toHaveLength(3);
    expect(posted[0]?.path).toBe("/api/v1/namespaces/shop/events");
  });

  it("are not created for alerts without a pod", async () => {
    const { pod: _, ...labels } = makeAlert().labels;
    const { posted, send } = sending({ status: 500, body: "" });
    expect(await send(makeNotification({ alerts: [{ ...makeAlert(), labels }] }))).toEqual({ delivered: true });
    expect(posted).toEqual([]);
  });

  it("have the same name in a second attempt, and another one in another notification", () => {
    const alert = makeAlert({ firedAt: NOON });
    const name = (id: string) => toEvent(makeNotification({ id }), alert).metadata.name;
    expect(name("a")).toBe(name("a"));
    expect(name("a")).not.toBe(name("b"));
    expect(name("a")).toMatch(/^checkout-1\.[0-9a-f]{16}$/);
    const long = makeAlert({ pod: "x".repeat(253) });
    expect(toEvent(makeNotification(), long).metadata.name).toHaveLength(253);
  });

  it("respect the limits of Kubernetes", () => {
    const event = toEvent(makeNotification(), makeHugeNotification().alerts[0]!);
    expect(event.message.length).toBeLessThanOrEqual(1_024);
    expect(
      toEvent(makeNotification(), makeAlert({ alertname: "WorkloadCannotCreatePods" })).reason.length,
    ).toBeLessThan(128);
  });

  it.each([
    [201, { delivered: true }],
    [409, { delivered: true }],
    [404, { delivered: true }],
    [403, { delivered: false, retry: true, reason: "authError" }],
    [422, { delivered: false, retry: false, reason: "clientError" }],
    [429, { delivered: false, retry: true, reason: "rateLimited" }],
    [500, { delivered: false, retry: true, reason: "serverError" }],
  ])("map status %i to a result", async (status, expected) => {
    const body = JSON.stringify({ kind: "Status", message: "events is forbidden: User cannot create resource" });
    const result = await sending({ status, body }).send();
    expect(result).toMatchObject(expected);
    if (status === 403)
      expect(result).toMatchObject({ detail: expect.stringContaining("User cannot create resource") });
  });

  it("are retried without a response, and if the response is not from an API server", async () => {
    expect(await sending(new Error("secret")).send()).toEqual({
      delivered: false,
      retry: true,
      reason: "network",
      detail: "no response from the API server",
    });
    expect(await sending({ status: 502, body: "<html>" }).send()).toMatchObject({ retry: true, reason: "serverError" });
  });
});
