/** Incidents that need attention by severity: neither acknowledged nor silenced. */
export interface Attention {
  readonly critical: number;
  readonly warning: number;
  readonly unknown: number;
}
