import { readFileSync } from "node:fs";
import { isMap, isScalar, LineCounter, parseDocument } from "yaml";
import { errorMessage } from "../util/error-message.ts";
import type { KeyPath } from "./key-path.ts";
import type { Problem } from "./problem.ts";

/** A configuration file as plain data, with the position of each value. */
export interface ConfigFile {
  readonly path: string;
  /** The parsed YAML, not yet validated; an empty file is `{}`. */
  readonly content: unknown;
  /** `file:line:column` of the value at `path`, or of its closest ancestor that exists. */
  locate(path: KeyPath): string;
  /** `file:line:column` of the key itself, for unknown keys. */
  locateKey(path: KeyPath): string;
}

export type FileResult =
  | { readonly ok: true; readonly file: ConfigFile }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export function readConfigFile(path: string): FileResult {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return { ok: false, problems: [{ where: path, message: describeReadError(error) }] };
  }
  return parseConfigFile(path, text);
}

export function parseConfigFile(path: string, text: string): FileResult {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      where: at(error.pos[0]),
      message: `not valid YAML: ${error.message}`,
    }));
    return { ok: false, problems };
  }

  const offsetOf = (keys: KeyPath): number => {
    for (let length = keys.length; length > 0; length--) {
      const node = document.getIn(keys.slice(0, length), true);
      const range = hasRange(node) ? node.range : undefined;
      if (range) return range[0];
    }
    return 0;
  };
  const offsetOfKey = (keys: KeyPath): number => {
    const parent = keys.length > 1 ? document.getIn(keys.slice(0, -1), true) : document.contents;
    if (!isMap(parent)) return offsetOf(keys);
    const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(keys.at(-1)));
    return hasRange(pair?.key) && pair.key.range ? pair.key.range[0] : offsetOf(keys);
  };
  return {
    ok: true,
    file: {
      path,
      content: document.toJS() ?? {},
      locate: (keys) => at(offsetOf(keys)),
      locateKey: (keys) => at(offsetOfKey(keys)),
    },
  };
}

function hasRange(node: unknown): node is { range?: readonly [number, number, number] | null } {
  return typeof node === "object" && node !== null && "range" in node;
}

function describeReadError(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return "file not found: check --config or POD_WATCHER_CONFIG";
    case "EACCES":
      return "permission denied: grant read access to the user that runs pod-watcher";
    case "EISDIR":
      return "is a directory: use the path of the YAML file in it";
    default:
      return `cannot be read: ${errorMessage(error)}`;
  }
}
