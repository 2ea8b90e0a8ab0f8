/** Our pod source as the measured process runs it. */

import { createTransport } from "../../src/kubernetes/transport/transport.ts";
import { createPodSource } from "../../src/kubernetes/watch/pod-source.ts";
import { systemClock } from "../../src/ports/system-clock.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createRegistry } from "../../src/telemetry/metrics.ts";
import { createWatchEvents } from "../../src/telemetry/watch-events.ts";
import { runSubject } from "./subject.ts";

await runSubject(async ({ url, caPem, token, namespaces, http = "h2" }) => {
  const access = {
    server: new URL(url),
    ca: async () => caPem,
    clientCertificate: async () => undefined,
    insecureSkipTlsVerify: false,
    authorization: async () => `Bearer ${token}`,
    invalidate: () => {},
    namespace: undefined,
    description: "the benchmark",
  };
  const source = createPodSource({
    transport: createTransport({ access, clock: systemClock, protocol: http }),
    clock: systemClock,
    events: createWatchEvents(createLogger("error", { write: (line) => process.stderr.write(line) }), createRegistry()),
    namespaces,
    identity: { serviceAccount: undefined, access: "the benchmark", cli: "kubectl" },
  });
  let changes = 0;
  let pods = 0;
  source.start({
    changed: ({ type, ...change }) => {
      changes++;
      if (type === "removed") pods--;
      else if (!("previous" in change) || change.previous === undefined) pods++;
    },
    synced: () => {},
    healthChanged: () => {},
    unwatched: () => {},
  });
  return { pods: () => pods, changes: () => changes };
});
