import { expect, it } from "vitest";
import { createFakeClock } from "../test/support/fake-clock.ts";
import { healthOf } from "../test/support/scripted-pod-source.ts";
import { HOUR, MINUTE } from "./core/time.ts";
import { watchPermissions } from "./permissions.ts";
import { createLogger } from "./telemetry/logger.ts";

function asking(missingIn: (namespace: string) => Promise<{ missing: string[]; commands: string | undefined }>) {
  const clock = createFakeClock();
  const health = [healthOf("shop"), healthOf("batch")];
  const permissions = watchPermissions({
    source: { health: () => health },
    missingIn,
    clock,
    logger: createLogger("silent"),
  });
  return { clock, health, permissions };
}

const grant = "oc policy add-role-to-user view system:serviceaccount:pw:pod-watcher -n batch";

it("says what is missing in a namespace and how to grant it, until it is granted", async () => {
  let missing = ["get pods/log", "list events"];
  const { clock, permissions } = asking(async (namespace) =>
    namespace === "batch" && missing.length > 0 ? { missing, commands: grant } : { missing: [], commands: undefined },
  );
  await clock.advance(MINUTE);
  expect(permissions.withMissing(healthOf("shop")).problem).toBeUndefined();
  expect(permissions.withMissing(healthOf("batch")).problem).toMatchObject({
    message: "In namespace batch our token may not get pods/log, nor list events.",
    remedy: grant,
    missing: ["get pods/log", "list events"],
  });
  missing = [];
  await clock.advance(HOUR + 2 * MINUTE);
  expect(permissions.withMissing(healthOf("batch")).problem).toBeUndefined();
});

it("lets the watch's own problem stand, and adds what is missing", async () => {
  const { clock, permissions } = asking(async () => ({ missing: ["watch pods"], commands: grant }));
  await clock.advance(MINUTE);
  const problem = { since: 1, message: "403", remedy: undefined, missing: [] };
  expect(permissions.withMissing(healthOf("shop", { problem })).problem).toEqual({
    since: 1,
    message: "403",
    remedy: grant,
    missing: ["watch pods"],
  });
});

it("asks again soon where Kubernetes did not answer, once an hour where it did, and not once it is stopped", async () => {
  const asked: string[] = [];
  const { clock, permissions } = asking(async (namespace) => {
    asked.push(namespace);
    if (namespace === "shop" && asked.length < 4) throw new Error("unreachable");
    return { missing: [], commands: undefined };
  });
  await clock.advance(10 * MINUTE);
  expect(asked).toEqual(["shop", "batch", "shop", "shop"]);
  permissions[Symbol.dispose]();
  await clock.advance(2 * HOUR);
  expect(asked).toHaveLength(4);
});
