/**
 * The base address of the page, with a trailing slash: `/` or, behind a path prefix, `/pods/`. Every screen is one
 * segment below it, so the folder of the current address is always the base.
 */
export const BASE: string = new URL(".", globalThis.location.href).href;

/** Screen paths below the base. */
export const SCREENS = ["", "silences", "activity", "configuration"] as const;
export type Screen = (typeof SCREENS)[number];
