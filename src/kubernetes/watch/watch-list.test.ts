import { expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { type FailureDetails, type FailureKind, WatchFailure } from "./watch-failure.ts";
import { createWatchListSupport } from "./watch-list.ts";

const HOUR = 3_600_000;

it.each`
  kind                 | details                            | listNow  | afterAMinute | afterAnHour | reason
  ${"unsupported"}     | ${{ status: 422 }}                 | ${true}  | ${false}     | ${false}    | ${"the server does not know it"}
  ${"server"}          | ${{ status: 500 }}                 | ${true}  | ${false}     | ${true}     | ${"it broke on it"}
  ${"server"}          | ${{ status: 500, inStream: true }} | ${true}  | ${false}     | ${true}     | ${"it broke on it partway"}
  ${"server"}          | ${{ status: 503 }}                 | ${false} | ${true}      | ${true}     | ${"the server is away, a list would be refused too"}
  ${"undecodable"}     | ${{}}                              | ${true}  | ${false}     | ${true}     | ${"something in between spoils it"}
  ${"silent"}          | ${{}}                              | ${true}  | ${false}     | ${true}     | ${"the end marker never comes"}
  ${"forbidden"}       | ${{ status: 403 }}                 | ${true}  | ${true}      | ${true}     | ${"perhaps only watching is denied"}
  ${"throttled"}       | ${{ status: 429 }}                 | ${false} | ${true}      | ${true}     | ${"the server is busy"}
  ${"unauthenticated"} | ${{ status: 401 }}                 | ${false} | ${true}      | ${true}     | ${"a list would be refused too"}
  ${"network"}         | ${{ label: "unreachable" }}        | ${false} | ${true}      | ${true}     | ${"a list would not arrive either"}
`("$kind $details: $reason", async ({ kind, details, listNow, afterAMinute, afterAnHour }) => {
  const clock = createFakeClock();
  const support = createWatchListSupport(clock).forNamespace();
  expect(support.isWorthTrying()).toBe(true);
  expect(support.failed(new WatchFailure(kind as FailureKind, "", details as FailureDetails))).toBe(listNow);
  await clock.advance(60_000);
  expect(support.isWorthTrying()).toBe(afterAMinute);
  await clock.advance(HOUR);
  expect(support.isWorthTrying()).toBe(afterAnHour);
});

it("is given up when the initial events are truncated repeatedly; a success resets the count", () => {
  const support = createWatchListSupport(createFakeClock()).forNamespace();
  const cut = () => support.failed(new WatchFailure("network", "", { label: "reset" }));
  expect([cut(), cut()]).toEqual([false, false]);
  support.worked();
  expect([cut(), cut(), cut()]).toEqual([false, false, true]);
  expect(support.isWorthTrying()).toBe(false);
});

it("is avoided by one namespace only if it works for others, and by all if it has worked for none", async () => {
  const clock = createFakeClock();
  const support = createWatchListSupport(clock);
  const [shop, till] = [support.forNamespace(), support.forNamespace()];
  const worthTrying = () => [shop, till].map((namespace) => namespace.isWorthTrying());
  till.worked();
  shop.failed(new WatchFailure("undecodable", ""));
  expect(worthTrying()).toEqual([false, true]);
  await clock.advance(HOUR);
  shop.failed(new WatchFailure("undecodable", ""));
  expect(worthTrying()).toEqual([false, false]);
  await clock.advance(HOUR);
  till.worked();
  // That it is not supported is the server's own word, whatever happened before.
  shop.failed(new WatchFailure("unsupported", ""));
  expect(worthTrying()).toEqual([false, false]);
});
