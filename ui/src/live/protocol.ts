import type { LinkStatus } from "./connection.ts";

/** From a page to the worker that holds the stream for all tabs of this browser. */
export type ToWorker =
  /** `who` changes when someone else signs in: the stream then belongs to the wrong person. */
  | { readonly type: "join"; readonly url: string; readonly who: string; readonly since: number }
  | { readonly type: "retry" }
  | { readonly type: "leave" };

export type FromWorker =
  | { readonly type: "status"; readonly status: LinkStatus }
  | { readonly type: "heard" }
  /** `data` is the JSON of a StreamEvent. */
  | { readonly type: "event"; readonly seq: number; readonly data: string }
  /** Changes between the page's state and the stream are no longer kept: fetch the state again. */
  | { readonly type: "resync" };
