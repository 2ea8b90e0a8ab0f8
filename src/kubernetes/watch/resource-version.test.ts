import { expect, it } from "vitest";
import { compareResourceVersions, isOlder } from "./resource-version.ts";

it.each`
  a                                            | b                                            | order
  ${"9"}                                       | ${"10"}                                      | ${-1}
  ${"100"}                                     | ${"99"}                                      | ${1}
  ${"7"}                                       | ${"7"}                                       | ${0}
  ${"340282366920938463463374607431768211454"} | ${"340282366920938463463374607431768211455"} | ${-1}
  ${"9007199254740993"}                        | ${"9007199254740992"}                        | ${1}
  ${"007"}                                     | ${"8"}                                       | ${undefined}
  ${""}                                        | ${"8"}                                       | ${undefined}
  ${"etcd-a"}                                  | ${"8"}                                       | ${undefined}
`("$a against $b: $order", ({ a, b, order }) => {
  const compared = compareResourceVersions(a, b);
  expect(compared === undefined ? undefined : Math.sign(compared)).toBe(order);
  expect(isOlder(a, b)).toBe(order === -1);
});
