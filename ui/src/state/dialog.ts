import type { Incident, Row, Silence, SilenceRepeat, SilenceScope } from "../../../src/http/base/api-types.ts";

/** The dialog that is open, with its subject. */
export type Dialog =
  | { readonly kind: "ack"; readonly rows: readonly Row[] }
  | { readonly kind: "silence"; readonly subject: SilenceSubject }
  | { readonly kind: "change-silence" | "end-silence"; readonly silence: Silence }
  | { readonly kind: "ack-incidents"; readonly incidents: readonly Incident[] }
  | { readonly kind: "silence-incidents"; readonly chosen: ChosenIncidents; readonly length: string | undefined }
  | { readonly kind: "name"; readonly run: (name: string) => void }
  | { readonly kind: "log"; readonly row: string; readonly title: string }
  | { readonly kind: "help" }
  | { readonly kind: "save-view" }
  | { readonly kind: "sign-in"; readonly hint: string };

/** Named incidents, or all that match the filters of the list. */
export type ChosenIncidents =
  | { readonly incidents: readonly Incident[] }
  | { readonly filter: Readonly<Record<string, string>>; readonly count: number };

/** The subject of a new silence: the dialog offers the scopes that fit it. */
export type SilenceSubject =
  | { readonly kind: "row"; readonly row: Row }
  | { readonly kind: "rows"; readonly rows: readonly Row[] }
  | { readonly kind: "namespace"; readonly namespace: string }
  /** Conditions to be entered, or everything. */
  | { readonly kind: "conditions" }
  /** Repeats an earlier silence. */
  | { readonly kind: "again"; readonly scope: SilenceScope; readonly reason: string; readonly repeat?: SilenceRepeat };
