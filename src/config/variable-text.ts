import { parseDuration } from "../core/model/duration.ts";
import { LOG_LEVELS } from "../telemetry/logger.ts";

/**
 * How the text of an environment variable is read into the terms of the file. Text that cannot be read is returned as it
 * is, so that the schema rejects it with its message.
 */

export function readList(text: string): unknown {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

export function readNumber(text: string): unknown {
  return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

export function readBoolean(text: string): unknown {
  const lower = text.toLowerCase();
  if (["true", "yes", "on", "1"].includes(lower)) return true;
  if (["false", "no", "off", "0"].includes(lower)) return false;
  return text;
}

/** Accepts the names of Python's log levels as well. */
export function readLogLevel(text: string): unknown {
  const lower = text.toLowerCase();
  const python: Readonly<Record<string, string>> = { warning: "warn", critical: "error", notset: "trace" };
  const level = python[lower] ?? lower;
  return LOG_LEVELS.some((known) => known === level) ? level : text;
}

/** A number of minutes or seconds, or a duration with its unit. */
export function readAmountOf(unit: "m" | "s") {
  return (text: string): unknown => {
    const number = readNumber(text);
    return typeof number === "number" || parseDuration(text) === undefined ? `${text}${unit}` : text;
  };
}
