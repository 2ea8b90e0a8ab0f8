/**
 * Which of two resourceVersions is the newer: negative when `a` is the older. Undefined when they cannot be compared:
 * before Kubernetes 1.35 they were opaque, though decimal in fact; since then comparable by rule (KEP-5504), as
 * decimal numbers of up to 128 bit without leading zeros.
 */
export function compareResourceVersions(a: string, b: string): number | undefined {
  if (a === b) return 0;
  if (!DECIMAL.test(a) || !DECIMAL.test(b)) return undefined;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}

/** True only when it is certain. */
export function isOlder(a: string, b: string): boolean {
  return (compareResourceVersions(a, b) ?? 0) < 0;
}

const DECIMAL = /^[1-9][0-9]{0,38}$/;
