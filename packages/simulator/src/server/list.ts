/** LIST: complete, or in pages of one consistent state. */
import type { Duration } from "../../../../src/core/model/time.ts";
import type { Clock } from "../../../../src/ports/clock.ts";
import { batched } from "../encode/pieces.ts";
import type { Encoding, Resource, Stored } from "../encode/types.ts";
import type { Exchange } from "../http/exchange.ts";
import type { Status } from "../model/objects.ts";
import {
  badRequest,
  continueTooOld,
  invalidResourceVersion,
  tooLargeResourceVersion,
  tooOld,
} from "../model/status.ts";
import type { Collection, Storage } from "../storage/storage.ts";
import type { ListOptions } from "./list-options.ts";

/** One page of a list. */
export interface Page {
  readonly revision: number;
  readonly entries: readonly Stored[];
  readonly continue: string | undefined;
  readonly remaining: number | undefined;
}

/**
 * The lists of continue tokens: the state at the first page, kept until the token expires, like old revisions that etcd
 * keeps until compaction.
 */
export interface Lists {
  page(resource: Resource, namespace: string, options: ListOptions): Page | Status;
  /** Expires all continue tokens issued so far: they get 410. */
  expireTokens(): void;
}

/** In place of a list: the token continues with the present state. */
const PRESENT = "present";

/** etcd is compacted every 5 minutes, so a token is valid for at least that long. */
const DEFAULT_TOKEN_AGE: Duration = 300_000;

export function createLists(storage: Storage, clock: Clock, tokenAge: Duration = DEFAULT_TOKEN_AGE): Lists {
  const snapshots = new Map<string, { readonly revision: number; readonly entries: readonly Stored[] }>();
  let issued = 0;

  const snapshotAt = (resource: Resource, namespace: string, options: ListOptions) => {
    const collection: Collection<Resource> = storage[resource];
    const found = revisionToShow(storage, collection, namespace, options);
    if ("kind" in found) return found;
    const inNamespace = found.entries.filter(
      (entry) => (namespace === "" || entry.namespace === namespace) && (options.matches?.(entry.object) ?? true),
    );
    return { revision: found.revision, entries: inNamespace };
  };

  return {
    page: (resource, namespace, options) => {
      let id: string;
      let start = 0;
      let snapshot: { readonly revision: number; readonly entries: readonly Stored[] };
      if (options.continue === undefined) {
        const taken = snapshotAt(resource, namespace, options);
        if ("kind" in taken) return taken;
        snapshot = taken;
        id = String(++issued);
      } else {
        const token = decodeToken(options.continue);
        if (token === undefined) {
          return badRequest("invalid continue token: continue key is not valid: illegal base64 data at input byte 0");
        }
        if (options.resourceVersion !== undefined && options.resourceVersion !== "0") {
          return badRequest("specifying resource version is not allowed when using continue");
        }
        const kept = token.id === PRESENT ? snapshotAt(resource, namespace, options) : snapshots.get(token.id);
        if (kept === undefined) return continueTooOld(encodeToken(PRESENT, token.start));
        if ("kind" in kept) return kept;
        snapshot = kept;
        start = token.start;
        id = token.id === PRESENT ? String(++issued) : token.id;
      }
      // A list from the cache is complete (apiserver `cacher.go`).
      const isPaged = options.limit > 0 && options.resourceVersion !== "0";
      const end = isPaged ? start + options.limit : snapshot.entries.length;
      const more = end < snapshot.entries.length;
      if (more && !snapshots.has(id)) {
        snapshots.set(id, snapshot);
        clock.after(tokenAge, () => snapshots.delete(id));
      }
      return {
        revision: snapshot.revision,
        entries: snapshot.entries.slice(start, end),
        continue: more ? encodeToken(id, end) : undefined,
        // With a selector the number of remaining items is unknown (API concepts, "remainingItemCount").
        remaining: more && options.matches === undefined ? snapshot.entries.length - end : undefined,
      };
    },
    expireTokens: () => snapshots.clear(),
  };
}

/** The revision of a list, by resourceVersion and resourceVersionMatch (API concepts, "Semantics for get and list"). */
function revisionToShow(
  storage: Storage,
  collection: Collection<Resource>,
  namespace: string,
  options: ListOptions,
): { readonly revision: number; readonly entries: readonly Stored[] } | Status {
  const now = { revision: storage.revision(), entries: collection.entries(namespace === "" ? undefined : namespace) };
  if (options.resourceVersion === undefined) return now;
  const wanted = storage.parseResourceVersion(options.resourceVersion);
  if (wanted === undefined)
    return badRequest(`invalid resource version: ${invalidResourceVersion(options.resourceVersion)}`);
  if (wanted > now.revision) {
    return tooLargeResourceVersion(options.resourceVersion, storage.resourceVersion(now.revision));
  }
  if (options.resourceVersionMatch !== "Exact" || wanted === now.revision) return now;
  const entries = collection.entriesAt(wanted);
  if (entries === undefined) return tooOld(options.resourceVersion, storage.resourceVersion(collection.oldest()));
  return { revision: wanted, entries };
}

/** Writes a page in large chunks, and waits for slow peers. */
export async function writeList(
  exchange: Exchange,
  encoding: Encoding,
  resource: Resource,
  page: Page,
  resourceVersion: string,
): Promise<void> {
  const meta = {
    resourceVersion,
    ...(page.continue === undefined ? {} : { continue: page.continue }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
  for (const chunk of batched(encoding.list(resource, meta, page.entries))) {
    if (exchange.closed) return;
    if (!exchange.write(chunk)) await exchange.drained();
  }
  exchange.end();
}

function encodeToken(id: string, start: number): string {
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", id, start })).toString("base64url");
}

function decodeToken(token: string): { readonly id: string; readonly start: number } | undefined {
  try {
    const { id, start } = JSON.parse(Buffer.from(token, "base64url").toString()) as { id?: unknown; start?: unknown };
    return typeof id === "string" && typeof start === "number" ? { id, start } : undefined;
  } catch {
    return undefined;
  }
}
