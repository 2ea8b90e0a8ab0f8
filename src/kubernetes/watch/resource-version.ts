/**
 * Negative when `a` is older than `b`, undefined when they cannot be compared. Since Kubernetes 1.35, resourceVersions
 * are comparable decimal numbers of up to 128 bits without leading zeros (KEP-5504). Before, they were officially opaque.
 */
export function compareResourceVersions(a: string, b: string): number | undefined {
  if (a === b) return 0;
  if (!DECIMAL.test(a) || !DECIMAL.test(b)) return undefined;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}

/** False when the versions cannot be compared. */
export function isOlder(a: string, b: string): boolean {
  return (compareResourceVersions(a, b) ?? 0) < 0;
}

const DECIMAL = /^[1-9][0-9]{0,38}$/;
