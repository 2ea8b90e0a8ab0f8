/** The whole program as the measured process runs it: watching, evaluating, storing in SQLite, serving the page. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApp } from "../../src/app/app.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { runSubject } from "./subject.ts";

await runSubject(async ({ url, caPem, token, namespaces, pods }) => {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const ca = join(folder, "ca.crt");
  writeFileSync(ca, caPem);
  const loaded = loadConfig({
    env: {
      OPENSHIFT_HOST: new URL(url).host,
      OPENSHIFT_NAMESPACE: namespaces.join(","),
      OPENSHIFT_TOKEN: token,
      OPENSHIFT_CA_FILE: ca,
      PODMONITOR_FILEPATH: folder,
      BIND_ADDRESS: "127.0.0.1",
      PORT: "0",
    },
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const app = await startApp(loaded, createLogger("error", { write: (line) => process.stderr.write(line) }));
  let isReady = false;
  const ask = async () => {
    isReady = (await fetch(new URL("readyz", app.address.url))).ok;
    if (!isReady) setTimeout(ask, 100);
  };
  void ask();
  return { pods: () => (isReady ? pods : 0), changes: () => 0 };
});
