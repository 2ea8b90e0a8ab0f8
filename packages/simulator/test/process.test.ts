import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { rawClient, take } from "./raw-client.ts";

const PROCESS = fileURLToPath(new URL("../src/bench/process.ts", import.meta.url));

async function startProcess(...args: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, [PROCESS, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const line = async () => JSON.parse((await lines.next()).value ?? "null") as Record<string, unknown>;
  const { url, caPem } = (await line()) as { url: string; caPem: string };
  const call = async (path: string, ...given: unknown[]) => {
    child.stdin!.write(`${JSON.stringify({ id: path, call: path, with: given })}\n`);
    return line();
  };
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return { child, url, caPem, call, ended };
}

it("listens, runs commands, and ends with its input", async () => {
  const { child, url, caPem, call, ended } = await startProcess("--namespaces", "shop", "--populate", "50");
  const { result: token } = await call("token", ["shop"]);
  using client = rawClient({ url, ca: caPem, token: token as string, http: 2 });
  const list = (await (await client.get("/api/v1/namespaces/shop/pods")).json()) as {
    metadata: { resourceVersion: string };
    items: unknown[];
  };
  expect(list.items).toHaveLength(50);
  const watch = await client.get(
    `/api/v1/namespaces/shop/pods?watch=1&resourceVersion=${list.metadata.resourceVersion}`,
  );
  const { result: revision } = await call("touch", 7);
  const [event] = await take(watch.events(), 1);
  expect(event).toMatchObject({ type: "MODIFIED", object: { metadata: { resourceVersion: revision } } });
  expect(await call("cluster.crash", "absent")).toMatchObject({
    id: "cluster.crash",
    error: "no pod and no workload with pods is named absent",
  });
  expect(await call("nonsense")).toMatchObject({ error: "nonsense is not a method of the simulator" });
  await call("churn", 1_000);
  await take(watch.events(), 20);
  expect((await call("stats")).result).toMatchObject({ pods: 50, watches: 1 });
  child.stdin!.end();
  expect(await ended).toBe(0);
});

it("can be frozen: nothing is sent, and nothing ends", async () => {
  const { child, url, caPem, call, ended } = await startProcess("--namespaces", "shop", "--populate", "5");
  const { result: token } = await call("token", ["shop"]);
  using client = rawClient({ url, ca: caPem, token: token as string, http: 1 });
  child.kill("SIGSTOP");
  let responded = false;
  const late = client.get("/version").then(({ status }) => {
    responded = true;
    return status;
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(responded).toBe(false);
  child.kill("SIGCONT");
  expect(await late).toBe(200);
  child.stdin!.end();
  expect(await ended).toBe(0);
});
