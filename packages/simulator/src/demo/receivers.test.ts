import { expect, it } from "vitest";
import { startDemoReceivers } from "./receivers.ts";

it("the demo's chat takes every message, its on-call service is too busy for every third", async () => {
  await using receivers = await startDemoReceivers();
  const post = async (url: string) => {
    const { status, headers } = await fetch(url, { method: "POST", body: "{}" });
    return headers.has("retry-after") ? `${status}, later` : status;
  };
  const told: (string | number)[] = [];
  for (let message = 0; message < 4; message++) told.push(await post(receivers.onCall));
  expect(told).toEqual([204, 204, "503, later", 204]);
  expect([await post(receivers.chat), await post(receivers.chat), await post(receivers.chat)]).toEqual([204, 204, 204]);
});
