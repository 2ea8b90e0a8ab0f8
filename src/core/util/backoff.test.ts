import { expect, it } from "vitest";
import { backoffDelay } from "./backoff.ts";

const backoff = { first: 1_000, factor: 2, max: 10_000, jitter: 0.5 };

it.each`
  failures | chance  | delay
  ${0}     | ${0}    | ${1_000}
  ${1}     | ${0}    | ${1_000}
  ${1}     | ${0.5}  | ${1_250}
  ${3}     | ${0}    | ${4_000}
  ${4}     | ${0}    | ${8_000}
  ${5}     | ${0}    | ${10_000}
  ${5}     | ${0.99} | ${14_950}
  ${9_999} | ${0}    | ${10_000}
`("$failures failures, chance $chance: $delay ms", ({ failures, chance, delay }) => {
  expect(backoffDelay(backoff, failures, chance)).toBe(delay);
});
