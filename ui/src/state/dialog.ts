import type { Row, Silence, SilenceScope } from "../../../src/http/base/api-types.ts";

/** The dialog that is open, with its subject. */
export type Dialog =
  | { readonly kind: "ack"; readonly rows: readonly Row[] }
  | { readonly kind: "silence"; readonly subject: SilenceSubject }
  | { readonly kind: "change-silence" | "end-silence"; readonly silence: Silence }
  | { readonly kind: "help" }
  | { readonly kind: "sign-in"; readonly hint: string };

/** The subject of a new silence: the dialog offers the scopes that fit it. */
export type SilenceSubject =
  | { readonly kind: "row"; readonly row: Row }
  | { readonly kind: "rows"; readonly rows: readonly Row[] }
  | { readonly kind: "namespace"; readonly namespace: string }
  | { readonly kind: "everything" }
  /** Repeats an earlier silence. */
  | { readonly kind: "again"; readonly scope: SilenceScope; readonly reason: string };
