/** Faults in the bytes of a response: an exchange that changes what the server writes. */
import { constants, createGzip } from "node:zlib";
import type { Clock } from "../../../../src/ports/clock.ts";
import type { Exchange } from "../http/exchange.ts";
import type { BodyFault } from "./faults.ts";

/** The exchange with the fault applied; `end` and `write` pass through it in order. */
export function withBodyFault(exchange: Exchange, fault: BodyFault, clock: Clock): Exchange {
  switch (fault.kind) {
    case "headers":
      return derived(exchange, {
        start: (status, headers) => exchange.start(status, { ...headers, ...fault.headers }),
      });
    case "cut":
      return cut(exchange, fault);
    case "dribble":
      return dribble(exchange, fault, clock);
    case "gzip":
      return gzip(exchange);
  }
}

/** Keeps the getters of the inner exchange, which spreading would evaluate once. */
function derived(exchange: Exchange, changed: Partial<Exchange>): Exchange {
  return Object.assign(Object.create(exchange) as Exchange, changed);
}

function cut(exchange: Exchange, fault: Extract<BodyFault, { kind: "cut" }>): Exchange {
  let left = fault.afterBytes;
  let broken = false;
  const breakOff = () => {
    broken = true;
    // Earlier writes must be sent first, because a reset would discard them.
    setImmediate(() => exchange.break(fault.break));
  };
  return derived(exchange, {
    start: (status, headers) => {
      exchange.start(status, headers);
      if (left === 0) breakOff();
    },
    write: (chunk) => {
      if (broken) return true;
      const piece = chunk.subarray(0, left);
      left -= piece.length;
      const taken = exchange.write(piece);
      if (left === 0) breakOff();
      return taken;
    },
    end: () => {
      if (!broken) exchange.end();
    },
  });
}

function dribble(exchange: Exchange, { size, every }: Extract<BodyFault, { kind: "dribble" }>, clock: Clock): Exchange {
  const waiting: Uint8Array[] = [];
  let ending = false;
  let running = false;
  const idle: (() => void)[] = [];
  const step = () => {
    const [first] = waiting;
    if (first === undefined || exchange.closed) {
      running = false;
      if (ending) exchange.end();
      for (const resolve of idle.splice(0)) resolve();
      return;
    }
    exchange.write(first.subarray(0, size));
    if (first.length > size) waiting[0] = first.subarray(size);
    else waiting.shift();
    next();
  };
  const next = () => {
    if (every === 0) setImmediate(step);
    else clock.after(every, step);
  };
  return derived(exchange, {
    write: (chunk) => {
      waiting.push(chunk);
      if (!running) {
        running = true;
        step();
      }
      return false;
    },
    drained: () => (running ? new Promise((resolve) => idle.push(resolve)) : Promise.resolve()),
    end: () => {
      ending = true;
      if (!running) exchange.end();
    },
  });
}

function gzip(exchange: Exchange): Exchange {
  const compressor = createGzip({ flush: constants.Z_SYNC_FLUSH });
  compressor.on("data", (chunk: Buffer) => exchange.write(chunk));
  compressor.on("end", () => exchange.end());
  return derived(exchange, {
    start: (status, headers) => {
      const { "content-length": _, ...others } = headers;
      exchange.start(status, { ...others, "content-encoding": "gzip" });
    },
    write: (chunk) => compressor.write(chunk),
    drained: () => new Promise((resolve) => compressor.once("drain", resolve)),
    end: () => compressor.end(),
  });
}
