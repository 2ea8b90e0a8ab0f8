/** Names and IDs in the formats of Kubernetes, from a source of random numbers. */
type Random = () => number;

/** The alphabet of generated names: no vowels, so that they contain no words (apimachinery `util/rand`). */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

export function nameSuffix(random: Random, length = 5): string {
  return Array.from({ length }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join("");
}

export function hex(random: Random, length: number): string {
  let text = "";
  while (text.length < length)
    text += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  return text.slice(0, length);
}

/** A version 4 UUID. */
export function uuid(random: Random): string {
  const variant = "89ab"[Math.floor(random() * 4)];
  return `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-${variant}${hex(random, 3)}-${hex(random, 12)}`;
}

export function containerID(random: Random): string {
  return `containerd://${hex(random, 64)}`;
}

/** The pod-template-hash of a ReplicaSet: the same for the same template. */
export function templateHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  // As in Kubernetes: the decimal digits of the hash, each mapped to the alphabet.
  return [...String(hash)].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join("");
}
