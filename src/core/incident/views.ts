/** The words of the list of incidents that the server and the page share. */

/** Worst first. Unknown comes before warnings: what a namespace that is not watched hides may be worse. */
export const INCIDENT_SEVERITIES = ["critical", "unknown", "warning"] as const;
export type IncidentSeverity = (typeof INCIDENT_SEVERITIES)[number];

/**
 * attention: open, not recovering, and with a firing alert that is neither acknowledged nor silenced; open: not
 * resolved; handled: open, and every firing alert is acknowledged or silenced; recovered: resolved within 24 h.
 */
export const INCIDENT_VIEWS = ["attention", "open", "handled", "recovered"] as const;
export type IncidentView = (typeof INCIDENT_VIEWS)[number];

export const INCIDENT_SORTS = ["severity", "newest", "longest", "workload", "namespace", "restarts"] as const;
export type IncidentSort = (typeof INCIDENT_SORTS)[number];

export const INCIDENT_GROUPS = ["namespace", "cause", "node", "image"] as const;
export type IncidentGroup = (typeof INCIDENT_GROUPS)[number];
