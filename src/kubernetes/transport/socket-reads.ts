/**
 * Resolves after the event loop has read its sockets. After a long computation, timers run before socket reads, so
 * received bytes may look like silence. Two turns are needed, because the first may start after the read phase.
 */
export async function socketReads(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}
