import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { createFakeTransport } from "../../../test/support/fake-transport.ts";
import { createInterner } from "../decode/interner.ts";
import { listPods } from "./list.ts";

const pod = (name: string) => ({
  kind: "Pod",
  apiVersion: "v1",
  metadata: { namespace: "shop", name, uid: name, resourceVersion: "1" },
});
const page = (names: readonly string[], next?: string) => ({
  kind: "PodList",
  apiVersion: "v1",
  metadata: { resourceVersion: "20", ...(next === undefined ? {} : { continue: next }) },
  items: names.map(pod),
});
const refusal = (code: number, reason: string) => ({
  kind: "Status",
  apiVersion: "v1",
  status: "Failure",
  code,
  reason,
});

function createStory() {
  const clock = createFakeClock();
  const transport = createFakeTransport();
  const reported: string[] = [];
  const begin = (how: { readonly unpaged?: boolean; readonly notOlderThan?: string } = {}) => {
    const result = listPods({
      ...{ transport, clock, interner: createInterner(), namespace: "shop", signal: new AbortController().signal },
      ...how,
      onPod: ({ name }) => reported.push(name),
      onRestart: () => reported.push("restart"),
    });
    result.catch(() => {});
    return result;
  };
  return { clock, transport, reported, begin };
}

describe("a list", () => {
  it("follows continue tokens to the end, without other parameters", async () => {
    const { transport, reported, begin } = createStory();
    const result = begin();
    (await transport.next()).answer(200, page(["a"], "two"));
    (await transport.next()).answer(200, page(["b"], "three"));
    const last = await transport.next();
    expect(Object.fromEntries(last.query)).toEqual({ limit: "500", continue: "three" });
    last.answer(200, page(["c"]));
    await expect(result).resolves.toEqual({ resourceVersion: "20", count: 3 });
    expect(reported).toEqual(["a", "b", "c"]);
  });

  it("restarts without pages when a continue token has expired: pages of two snapshots never mix", async () => {
    const { transport, reported, begin } = createStory();
    const result = begin();
    (await transport.next()).answer(200, page(["old"], "two"));
    (await transport.next()).answer(410, refusal(410, "Expired"));
    const whole = await transport.next();
    expect([...whole.query]).toEqual([]);
    whole.answer(200, page(["a", "b"]));
    await expect(result).resolves.toEqual({ resourceVersion: "20", count: 2 });
    expect(reported).toEqual(["old", "restart", "a", "b"]);
  });

  it("is read to its end when the server sends pages although none were requested", async () => {
    const { transport, reported, begin } = createStory();
    const result = begin({ unpaged: true, notOlderThan: "17" });
    const first = await transport.next();
    expect(Object.fromEntries(first.query)).toEqual({ resourceVersion: "17", resourceVersionMatch: "NotOlderThan" });
    first.answer(200, page(["a"], "two"));
    const second = await transport.next();
    expect(Object.fromEntries(second.query)).toEqual({ continue: "two" });
    second.answer(200, page(["b"]));
    await expect(result).resolves.toEqual({ resourceVersion: "20", count: 2 });
    expect(reported).toEqual(["a", "b"]);
  });

  it("is incomplete when it was requested without pages, sent in pages, and expired in between", async () => {
    const { transport, begin } = createStory();
    const result = begin({ unpaged: true });
    (await transport.next()).answer(200, page(["a"], "two"));
    (await transport.next()).answer(410, refusal(410, "Expired"));
    await expect(result).rejects.toMatchObject({ kind: "expired" });
  });

  it("requests a truncated page again with its token", async () => {
    const { clock, transport, begin } = createStory();
    const result = begin();
    (await transport.next()).answer(200, page(["a"], "two"));
    const cut = (await transport.next()).start();
    cut.send(JSON.stringify(page(["b"])).slice(0, 80));
    cut.cut();
    await clock.advance(1_000);
    const again = await transport.next();
    expect(again.query.get("continue")).toBe("two");
    again.answer(200, page(["b"]));
    await expect(result).resolves.toMatchObject({ count: 2 });
  });

  it.each([1, 60, 150])("is incomplete when its body ends after %i bytes", async (length) => {
    const { transport, begin } = createStory();
    const result = begin();
    const answer = (await transport.next()).start();
    answer.send(JSON.stringify(page(["a", "b"])).slice(0, length));
    answer.end();
    await expect(result).rejects.toMatchObject({ kind: "undecodable" });
  });

  it("times out after a minute without data", async () => {
    const { clock, transport, begin } = createStory();
    const result = begin();
    const answer = (await transport.next()).start();
    answer.send("{");
    await clock.advance(120_000);
    await expect(result).rejects.toMatchObject({ kind: "silent" });
    expect(answer.closed).toBe(true);
  });
});
