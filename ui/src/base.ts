/** The address of more than one segment below the base: an incident. */
const NESTED = /\/incidents\/[^/]+\/[^/]+\/[^/]+$/;

/**
 * The base address of the page, with a trailing slash: `/` or, behind a path prefix, `/pods/`. Every other screen is one
 * segment below it.
 */
export const BASE: string = new URL(
  globalThis.location.pathname.replace(NESTED, "/").replace(/[^/]*$/, ""),
  globalThis.location.href,
).href;

/** Screen paths below the base. `incidents` stands for the pages of single incidents. */
export const SCREENS = ["", "containers", "silences", "notifications", "configuration", "wall", "incidents"] as const;
export type Screen = (typeof SCREENS)[number];
