/**
 * Lets the event loop read its sockets: the first turn may begin after this loop's own reading, the second cannot.
 * After a long computation timers run before sockets, and what looks like silence lies unread.
 */
export async function socketReads(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}
