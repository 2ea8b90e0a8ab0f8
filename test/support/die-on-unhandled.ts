// A rejection that nobody handles would end the process in production; Vitest reports it, and this names it.
function die(reason: unknown): never {
  throw reason instanceof Error ? reason : new Error(`unhandled rejection: ${String(reason)}`);
}

// Files that share a process run this one after the other.
const isThere = process.listeners("unhandledRejection").some(({ name }) => name === die.name);
if (!isThere) process.on("unhandledRejection", die);
