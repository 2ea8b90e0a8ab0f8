// A rejection that nobody handles would end the process in production; Vitest reports it, and this names it.
process.on("unhandledRejection", (reason) => {
  throw reason instanceof Error ? reason : new Error(`unhandled rejection: ${String(reason)}`);
});
