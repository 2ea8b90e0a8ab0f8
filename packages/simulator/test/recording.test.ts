import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { startSimulator } from "../src/simulator.ts";
import { readRecording, replay } from "../src/storage/recording.ts";
import { rawClient, take } from "./raw-client.ts";

const fixture = (name: string) => readFileSync(new URL(`../../../test/fixtures/recordings/${name}`, import.meta.url));

it("serves the changes of a real cluster", async () => {
  const pods = readRecording(fixture("pods.watch.ndjson.gz"));
  await using simulator = await startSimulator({ clock: createFakeClock(), namespaces: ["shop"], nodes: {} });
  using client = rawClient({ url: simulator.url, ca: simulator.caPem, token: simulator.token(["shop"]), http: 2 });
  const watch = await client.get("/api/v1/namespaces/shop/pods?watch=1&resourceVersion=1");
  replay(simulator.cluster.storage, pods);
  const expected = pods.filter(({ object }) => object.metadata.namespace === "shop");
  const seen = await take(watch.events(), expected.length);
  const toSentence = ({ type, object }: { type: string; object: { metadata: { name: string } } }) =>
    `${type} ${object.metadata.name}`;
  expect(seen.map(toSentence)).toEqual(expected.map(toSentence));
  const last = expected.at(-1)?.object;
  expect(seen.at(-1)?.object).toMatchObject({ ...last, metadata: { uid: last?.metadata.uid } });
});

it("reads Events too, and reports the number of an invalid line", () => {
  expect(readRecording(fixture("events.watch.ndjson.gz")).every(({ resource }) => resource === "events")).toBe(true);
  expect(() => readRecording(Buffer.from('{"type":"BOOKMARK","object":{}}\n{"type":'))).toThrow(
    /^line 2 of the recording is not a watch event/,
  );
});
