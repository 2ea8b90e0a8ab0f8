const shared = new WeakSet<Uint8Array>();

/** A response body that every response shares, so that responses that are not read need no memory of their own. */
export function sharedAnswer(text: string): Buffer {
  const buffer = Buffer.from(text);
  shared.add(buffer);
  return buffer;
}

export function isSharedAnswer(body: Uint8Array): boolean {
  return shared.has(body);
}
