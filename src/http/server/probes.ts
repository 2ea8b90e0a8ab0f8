import type { FastifyInstance, FastifyReply } from "fastify";
import type { LiveState } from "../../ports/live-state.ts";
import type { NamespaceHealth } from "../../ports/pods.ts";
import type { AlertStore } from "../../ports/store.ts";

export interface ProbesDeps {
  readonly live: Pick<LiveState, "source">;
  readonly store: Pick<AlertStore, "checkWritable">;
  /** Why the last commit failed; undefined when it succeeded. */
  readonly commitProblem: () => string | undefined;
  /** Whether what was remembered is loaded and watching has begun. */
  readonly started: () => boolean;
  /** Whether namespace discovery has succeeded once. */
  readonly namespacesKnown: () => boolean;
}

/**
 * /livez says that the process answers and depends on nothing else: a restart mends neither Kubernetes nor a full
 * disk. /readyz says that the pages tell the truth. Anyone may ask, so no namespace is named.
 */
export function probes({ live, store, commitProblem, started, namespacesKnown }: ProbesDeps) {
  return function probeRoutes(app: FastifyInstance): void {
    app.get("/livez", { schema: { hide: true } }, (_request, reply) => answer(reply, []));
    app.get("/startupz", { schema: { hide: true } }, (_request, reply) => answer(reply, unstarted()));
    app.get("/readyz", { schema: { hide: true } }, async (_request, reply) =>
      answer(reply, [...unstarted(), ...unsynced(live.source.health()), ...(await unwritable())]),
    );
  };

  function unstarted(): readonly string[] {
    return started() ? [] : ["what was remembered is still being loaded"];
  }

  function unsynced(namespaces: readonly NamespaceHealth[]): readonly string[] {
    if (!namespacesKnown()) return ["which namespaces are to be watched is not known yet"];
    const waiting = namespaces.filter(({ state, lastSyncedAt }) => lastSyncedAt === undefined && !REFUSED.has(state));
    if (waiting.length === 0) return [];
    return [`${waiting.length} of ${namespaces.length} namespaces have not been read completely yet`];
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

/** The reason names files, and anybody may ask here. */
const UNWRITABLE = "the state cannot be written: the log and /api/v1/health say why";

/** A namespace that may not be watched is told of by alert, page and /api/v1/health; it does not keep us from working. */
const REFUSED: ReadonlySet<NamespaceHealth["state"]> = new Set(["forbidden", "unauthenticated", "missing"]);

function answer(reply: FastifyReply, reasons: readonly string[]): FastifyReply {
  return reply
    .code(reasons.length === 0 ? 200 : 503)
    .type("text/plain; charset=utf-8")
    .header("cache-control", "no-store")
    .send(reasons.length === 0 ? "ok\n" : `not ok\n${reasons.map((reason) => `- ${reason}\n`).join("")}`);
}
