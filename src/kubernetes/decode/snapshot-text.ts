import { maskSecrets } from "../../core/text/mask.ts";
import { flatCopy } from "./text.ts";

/** The kubelet's limit for termination messages; other messages are shorter. */
const MAX_MESSAGE = 4_096;

/** `containerd://4f5e…` → the first 16 characters of the id: enough to identify a run. */
export const CONTAINER_ID_LENGTH = 16;

export function shortContainerID(id: string): string {
  const scheme = id.indexOf("://");
  const start = scheme < 0 ? 0 : scheme + 3;
  return start === 0 && id.length <= CONTAINER_ID_LENGTH ? id : flatCopy(id.slice(start, start + CONTAINER_ID_LENGTH));
}

export function orUndefined(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

/** More of a message is not read, so that a huge one costs little. Secrets across the limit below are still found. */
const MAX_READ = 4 * MAX_MESSAGE;

/**
 * The start of a message up to the limit; undefined when it is empty. Secrets are masked, because messages appear in
 * alerts, notifications and pages.
 */
export function truncateEnd(message: string): string | undefined {
  const masked = maskSecrets(message.slice(0, MAX_READ));
  if (masked.length <= MAX_MESSAGE) return orUndefined(masked);
  const end = isLowSurrogate(masked, MAX_MESSAGE) ? MAX_MESSAGE - 1 : MAX_MESSAGE;
  return flatCopy(masked.slice(0, end));
}

/** The end of a message up to the limit, because the end of a log has the cause; otherwise the same. */
export function truncateStart(message: string): string | undefined {
  const masked = maskSecrets(message.slice(-MAX_READ));
  if (masked.length <= MAX_MESSAGE) return orUndefined(masked);
  const start = masked.length - MAX_MESSAGE;
  return flatCopy(masked.slice(isLowSurrogate(masked, start) ? start + 1 : start));
}

/** A reference has at most some 500 characters (distribution/reference), but the API server accepts any length. */
const MAX_IMAGE = 1_024;

/** A reference of an image up to the limit. */
export function truncateImage(reference: string): string {
  return reference.length <= MAX_IMAGE ? reference : flatCopy(reference.slice(0, MAX_IMAGE));
}

function isLowSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
