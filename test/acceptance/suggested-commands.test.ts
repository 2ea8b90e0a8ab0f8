import { expect, it } from "vitest";
import { setStage } from "../support/running-app.ts";

it.each([
  { openshift: true, cli: "oc" },
  { openshift: false, cli: "kubectl" },
])("suggests $cli when the API server's OpenShift groups exist: $openshift", async ({ openshift, cli }) => {
  await using stage = await setStage({ openshift });
  await using app = await stage.start();
  const suggested = async () => (await app.get<{ cli: string }>("api/v1/state")).body.cli;
  await expect.poll(suggested).toBe(cli);
});
