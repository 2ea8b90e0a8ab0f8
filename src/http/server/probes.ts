import type { FastifyInstance, FastifyReply } from "fastify";
import type { LiveState, SyncProgress } from "../../ports/live-state.ts";
import type { AlertStore } from "../../ports/store.ts";

export interface ProbesDeps {
  readonly live: Pick<LiveState, "syncProgress" | "source">;
  readonly store: Pick<AlertStore, "checkWritable">;
  /** Why the last commit failed; undefined when it succeeded. */
  readonly commitProblem: () => string | undefined;
  /** Whether the stored state is loaded and watching has started. */
  readonly started: () => boolean;
  /** Whether namespace discovery has succeeded once. */
  readonly namespacesKnown: () => boolean;
}

/**
 * /livez responds while the process runs and depends on nothing else: a restart fixes neither Kubernetes nor a full disk.
 * /readyz responds 200 when the data is complete and at least one namespace is synced now (ADR 0030): a monitor that polls it
 * learns that the watcher sees nothing. Both need no authentication, so they name no namespace.
 */
export function probes({ live, store, commitProblem, started, namespacesKnown }: ProbesDeps) {
  return function probeRoutes(app: FastifyInstance): void {
    app.get("/livez", { schema: { hide: true } }, (_request, reply) => answer(reply, []));
    app.get("/startupz", { schema: { hide: true } }, (_request, reply) => answer(reply, unstarted()));
    app.get("/readyz", { schema: { hide: true } }, async (_request, reply) =>
      answer(reply, [...unstarted(), ...unsynced(live.syncProgress()), ...(await unwritable())]),
    );
  };

  function unstarted(): readonly string[] {
    return started() ? [] : ["the stored state is still loading"];
  }

  /** Namespaces without permission are reported by an alert, on the page and in /api/v1/health; the others work. */
  function unsynced({ watched, settled }: SyncProgress): readonly string[] {
    if (!namespacesKnown()) return ["namespace discovery has not completed yet"];
    if (watched === 0) return ["there is no namespace to watch: see the page or /api/v1/health"];
    if (settled >= watched) return isNothingSynced() ? [NOTHING_SYNCED] : [];
    return [`${watched - settled} of ${watched} namespaces have not been synced yet`];
  }

  function isNothingSynced(): boolean {
    return live.source.namespaces().every((name) => live.source.healthOf(name)?.syncedSince === undefined);
  }

  async function unwritable(): Promise<readonly string[]> {
    const commit = commitProblem();
    if (commit !== undefined) return [UNWRITABLE];
    return store.checkWritable().then(
      () => [],
      () => [UNWRITABLE],
    );
  }
}

/** Without the reason, which names files: probes need no authentication. */
const UNWRITABLE = "the state cannot be written: see the log and /api/v1/health";

/** Without the names and the reason, which names users. */
const NOTHING_SYNCED = "no watched namespace can be seen now: see the page or /api/v1/health";

function answer(reply: FastifyReply, reasons: readonly string[]): FastifyReply {
  return reply
    .code(reasons.length === 0 ? 200 : 503)
    .type("text/plain; charset=utf-8")
    .header("cache-control", "no-store")
    .send(reasons.length === 0 ? "ok\n" : `not ok\n${reasons.map((reason) => `- ${reason}\n`).join("")}`);
}
