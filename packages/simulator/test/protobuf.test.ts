import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { joined } from "../src/encode/pieces.ts";
import { protobufEncoding } from "../src/encode/protobuf.ts";
import { storedObject } from "../src/encode/stored.ts";
import type { Pod } from "../src/model/objects.ts";
import { buildPod } from "../src/model/pod-template.ts";
import { startSimulator } from "../src/simulator.ts";
import { rawClient } from "./raw-client.ts";

const recording = (name: string) =>
  gunzipSync(readFileSync(new URL(`../../../test/fixtures/recordings/${name}`, import.meta.url)));

describe("the bytes of a real API server for the same objects", () => {
  it("are reproduced: a list", () => {
    const { metadata, items } = JSON.parse(recording("pods.shop.list.json.gz").toString()) as {
      metadata: { resourceVersion: string };
      items: Pod[];
    };
    const entries = items.map((pod) => storedObject("pods", 0, pod));
    const written = joined([...protobufEncoding.list("pods", metadata, entries)]);
    expect(firstDifference(written, recording("pods.shop.list.pb.gz"))).toBeUndefined();
  });

  it("are reproduced: a watch", () => {
    const lines = recording("pods.shop.watch.json.gz").toString().trim().split("\n");
    const written = lines.map((line) => {
      const { type, object } = JSON.parse(line) as { type: string; object: Pod };
      if (type !== "BOOKMARK") return joined(protobufEncoding.event(type, "pods", storedObject("pods", 0, object)));
      return protobufEncoding.bookmark("pods", object.metadata.resourceVersion, false);
    });
    expect(firstDifference(Buffer.concat(written), recording("pods.shop.watch.pb.gz"))).toBeUndefined();
  });
});

describe("protobuf over HTTP", () => {
  it("is used when it is accepted, with its content type", async () => {
    const clock = createFakeClock();
    await using simulator = await startSimulator({ clock, namespaces: ["shop"] });
    simulator.cluster.put(buildPod({ namespace: "shop", name: "a" }, {}, clock.now(), clock.random));
    const token = simulator.token(["shop"]);
    using client = rawClient({ url: simulator.url, ca: simulator.caPem, token, http: 2 });
    const accept = "application/vnd.kubernetes.protobuf, application/json";
    const response = await client.get("/api/v1/namespaces/shop/pods", { accept });
    expect(response.headers["content-type"]).toBe("application/vnd.kubernetes.protobuf");
    const text = await response.text();
    expect(text.startsWith("k8s\0")).toBe(true);
    expect(text).toContain("PodList");
    const watch = await client.get("/api/v1/namespaces/shop/pods?watch=1&resourceVersion=1", {
      accept: "application/vnd.kubernetes.protobuf;stream=watch, application/json;stream=watch",
    });
    expect(watch.headers["content-type"]).toBe("application/vnd.kubernetes.protobuf;stream=watch");
    const refused = await client.get("/api/v1/namespaces/batch/pods", { accept });
    expect(refused.headers["content-type"]).toBe("application/vnd.kubernetes.protobuf");
    expect(await refused.text()).toContain("Forbidden");
  });
});

/** The first difference of two buffers, with its surroundings. */
function firstDifference(a: Buffer, b: Buffer): string | undefined {
  if (a.equals(b)) return undefined;
  let at = 0;
  while (a[at] === b[at]) at++;
  const around = (bytes: Buffer) => JSON.stringify(bytes.subarray(Math.max(0, at - 80), at + 40).toString("latin1"));
  return `at ${at} of ${a.length} and ${b.length}:\n${around(a)}\n${around(b)}`;
}
