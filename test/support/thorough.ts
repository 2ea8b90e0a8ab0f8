/**
 * Whether this is `npm run test:full`, for tests that repeat something: a few times otherwise, by the hundred then. A
 * file that is slow as a whole is named *.slow.test.ts instead.
 */
export const isThorough = process.env.POD_WATCHER_TEST_FULL === "true";
