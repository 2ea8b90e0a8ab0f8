/** amtool, the command line of Alertmanager, against the running program. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it, vi } from "vitest";
import { startCli } from "../support/cli-process.ts";
import { setStage } from "../support/running-app.ts";

const run = promisify(execFile);

async function isInstalled(): Promise<boolean> {
  return run("amtool", ["--version"]).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
}

it("lists the alerts, and adds, finds, changes and expires a silence", async (context) => {
  if (!(await isInstalled())) context.skip("amtool is not installed");
  await using stage = await setStage({ speed: 20 });
  await using server = startCli(["serve"], stage.env);
  const [, url = ""] = await server.prints(/running at (http:\S+)/);
  const amtool = async (...args: readonly string[]) =>
    (await run("amtool", [`--alertmanager.url=${url}`, ...args])).stdout.trim();
  stage.cluster.createDeployment({ namespace: "shop", name: "checkout", replicas: 1 });
  await vi.waitFor(() => stage.cluster.pods("checkout"));
  stage.cluster.crashLoop("checkout");
  await expect.poll(() => amtool("alert", "query", "PodCrashLooping", "namespace=shop")).toContain("active");

  const id = await amtool("silence", "add", "namespace=shop", "pod=~checkout.+", "--comment", "being moved");
  expect(await amtool("silence", "query", "--quiet", "namespace=shop")).toBe(id);
  expect(await amtool("alert", "query", "--silenced", "PodCrashLooping")).toContain("suppressed");
  expect(await amtool("alert", "query", "PodCrashLooping")).not.toContain("checkout");
  await amtool("silence", "update", "--duration", "3h", "--comment", "still being moved", id);
  expect(await amtool("silence", "query", "--id", id)).toContain("still being moved");
  await amtool("silence", "expire", id);
  expect(await amtool("silence", "query", "--quiet")).toBe("");
  expect(await amtool("cluster", "show")).toContain("disabled");

  await expect(amtool("silence", "add", "team=shop", "--comment", "x")).rejects.toThrow("Alerts have no label team");
});
