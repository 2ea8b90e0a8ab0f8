import { networkInterfaces } from "node:os";
import type { Config } from "../config/config.ts";
import type { HttpAddress } from "../http/server/server.ts";
import { type StandbyServer, startStandbyServer } from "../http/server/standby.ts";
import type { Clock } from "../ports/clock.ts";
import type { Replicas } from "../ports/replicas.ts";
import { VERSION } from "../ports/version.ts";
import type { StoreContext } from "../store/open-store.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Registry } from "../telemetry/metrics.ts";
import { createReplicaEvents } from "../telemetry/replica-events.ts";

export interface ReplicaOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly stopping: AbortSignal;
  /** Called when the state of the replicas or of the database has changed. */
  readonly changed: () => void;
}

/** This process as a replica: what it serves while it stands by, and where the others reach it. */
export interface Replica extends AsyncDisposable {
  readonly context: NonNullable<StoreContext["replica"]>;
  /** Frees the port. Resolves with its number when this replica stood by, and rejects if it could not listen. */
  endStandby(): Promise<number | undefined>;
  listens(address: HttpAddress): void;
}

export function createReplica({ config, clock, logger, registry, stopping, changed }: ReplicaOptions): Replica {
  const { http } = config;
  const failed = new AbortController();
  let standby: Promise<StandbyServer> | undefined;
  let url: string | undefined;

  const listens = ({ port, url: page }: HttpAddress) => {
    url = `${new URL(page).protocol}//${reachableHost(http.bind)}:${port}`;
  };

  function standingBy(replicas: Replicas): void {
    const owner = () => replicas.members().find(({ role, isSelf }) => role === "owner" && !isSelf)?.url;
    const starting = startStandbyServer({ clock, registry, owner }, http);
    standby = starting;
    starting.then(
      ({ address }) => {
        listens(address);
        logger.info({ event: "standby_listening", url: address.url }, "Requests are forwarded to the owner.");
      },
      (error: unknown) => failed.abort(error),
    );
  }

  return {
    context: {
      version: VERSION,
      url: () => url,
      events: createReplicaEvents(logger, registry),
      standingBy,
      changed,
      stopping: AbortSignal.any([stopping, failed.signal]),
    },
    listens,
    async endStandby() {
      const server = await standby;
      standby = undefined;
      await server?.[Symbol.asyncDispose]();
      return server?.address.port;
    },
    async [Symbol.asyncDispose]() {
      await (await standby?.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}

/** Where other machines reach this one: the address to which the server is bound, or the first one of the machine. */
function reachableHost(bind: string): string {
  const isEvery = bind === "0.0.0.0" || bind === "::";
  const others = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  const host = isEvery ? (others.find(({ internal }) => !internal)?.address ?? "127.0.0.1") : bind;
  return host.includes(":") ? `[${host}]` : host;
}
