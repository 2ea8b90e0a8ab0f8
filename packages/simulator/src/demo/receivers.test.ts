import { expect, it } from "vitest";
import { startDemoReceivers } from "./receivers.ts";

it("the chat of the demo accepts every message, and its on-call service rejects every third one", async () => {
  await using receivers = await startDemoReceivers();
  const post = async (url: string) => {
    const { status, headers } = await fetch(url, { method: "POST", body: "{}" });
    return headers.has("retry-after") ? `${status}, later` : status;
  };
  const responses: (string | number)[] = [];
  for (let message = 0; message < 4; message++) responses.push(await post(receivers.onCall));
  expect(responses).toEqual([204, 204, "503, later", 204]);
  expect([await post(receivers.chat), await post(receivers.chat), await post(receivers.chat)]).toEqual([204, 204, 204]);
});
