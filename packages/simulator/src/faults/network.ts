/**
 * The network between a client and the API server: a TCP forwarder with the faults of networks and load balancers. Data
 * that it does not forward is lost silently, as on a cut wire: no FIN, no RST, and both kernels still acknowledge.
 */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Duration } from "../../../../src/core/model/time.ts";
import type { Clock, Timer } from "../../../../src/ports/clock.ts";

export interface Network extends AsyncDisposable {
  readonly port: number;
  /** `https://127.0.0.1:PORT`. */
  readonly url: string;
  readonly connections: number;
  /** The number of connections since the start. */
  readonly connected: number;
  /** Forwards nothing in either direction and does not respond on new connections, until `heal`. */
  partition(): void;
  /** New connections work again; existing ones continue where they stopped, or stay half-open. */
  heal(old: "resume" | "stay-dead"): void;
  /** Ends all connections, with RST or FIN. */
  drop(how: "reset" | "close"): void;
  /** Forwards new connections to another port, like a load balancer whose backend changed. */
  route(port: number): void;
  /** Ends connections that were idle for this long, with FIN or silently. */
  closeIdleAfter(idle: Duration, how?: "close" | "forget"): void;
}

interface Pipe {
  readonly client: Socket;
  readonly server: Socket;
  dead: boolean;
  idle: Timer | undefined;
}

export async function startNetwork(clock: Clock, target: number): Promise<Network> {
  const pipes = new Set<Pipe>();
  let port = target;
  let partitioned = false;
  let connected = 0;
  let idleAfter: { readonly idle: Duration; readonly how: "close" | "forget" } | undefined;

  const end = (pipe: Pipe, how: "reset" | "close") => {
    pipes.delete(pipe);
    pipe.idle?.cancel();
    for (const socket of [pipe.client, pipe.server]) {
      if (how === "reset") socket.resetAndDestroy();
      else socket.destroy();
    }
  };
  const touched = (pipe: Pipe) => {
    pipe.idle?.cancel();
    if (idleAfter === undefined) return;
    const { idle, how } = idleAfter;
    pipe.idle = clock.after(idle, () => {
      if (how === "close") end(pipe, "close");
      else kill(pipe);
    });
  };
  const kill = (pipe: Pipe) => {
    pipe.dead = true;
    pipe.client.pause();
    pipe.server.pause();
  };
  const revive = (pipe: Pipe) => {
    pipe.dead = false;
    pipe.client.resume();
    pipe.server.resume();
  };
  const forward = (pipe: Pipe, from: Socket, to: Socket) => {
    from.on("data", (chunk) => {
      touched(pipe);
      if (to.write(chunk)) return;
      from.pause();
      to.once("drain", () => {
        if (!pipe.dead) from.resume();
      });
    });
    from.on("error", () => {});
    from.on("close", () => {
      if (pipe.dead || !pipes.has(pipe)) return;
      end(pipe, from.errored ? "reset" : "close");
    });
  };
  const server = createServer((client) => {
    connected++;
    client.setNoDelay(true);
    const upstream = connect(port, "127.0.0.1").setNoDelay(true);
    const pipe: Pipe = { client, server: upstream, dead: false, idle: undefined };
    pipes.add(pipe);
    touched(pipe);
    forward(pipe, client, upstream);
    forward(pipe, upstream, client);
    if (partitioned) kill(pipe);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const own = (server.address() as AddressInfo).port;

  return {
    port: own,
    url: `https://127.0.0.1:${own}`,
    get connections() {
      return pipes.size;
    },
    get connected() {
      return connected;
    },
    partition: () => {
      partitioned = true;
      for (const pipe of pipes) kill(pipe);
    },
    heal: (old) => {
      partitioned = false;
      if (old === "resume") for (const pipe of pipes) revive(pipe);
    },
    drop: (how) => {
      for (const pipe of [...pipes]) end(pipe, how);
    },
    route: (next) => {
      port = next;
    },
    closeIdleAfter: (idle, how = "close") => {
      idleAfter = { idle, how };
      for (const pipe of pipes) touched(pipe);
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const pipe of [...pipes]) end(pipe, "close");
      await closed;
    },
  };
}
