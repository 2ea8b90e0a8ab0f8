import { expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { MINUTE } from "../../core/model/time.ts";
import { createWantedPods } from "./wanted-pods.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

it("reads a controller at most once a minute, and reports a change", async () => {
  const clock = createFakeClock();
  const asked: string[] = [];
  const changed: string[] = [];
  let answer: number | undefined = 2;
  const read = async (...object: readonly string[]) => {
    asked.push(object.join(" "));
    return answer;
  };
  const pods = createWantedPods(read, clock, (key) => void changed.push(key));
  const key = "shop/Deployment/checkout";
  pods.want(key);
  pods.want(key);
  await settled();
  expect([pods.of(key), asked, changed]).toEqual([2, ["shop Deployment checkout"], [key]]);

  await clock.advance(MINUTE);
  pods.want(key);
  await settled();
  expect([asked.length, changed.length]).toEqual([2, 1]);

  answer = undefined;
  await clock.advance(MINUTE);
  pods.want(key);
  await settled();
  expect([pods.of(key), changed.length]).toEqual([undefined, 2]);
});

it("treats a failure as unknown, and forgets what has not been shown for long", async () => {
  const clock = createFakeClock();
  const read = async (_namespace: string, _kind: string, name: string) => {
    if (name === "w0") throw new Error("down");
    return 1;
  };
  const pods = createWantedPods(read, clock, () => {});
  for (let index = 0; index <= 1_001; index++) pods.want(`shop/Deployment/w${index}`);
  await settled();
  await settled();
  expect([pods.of("shop/Deployment/w0"), pods.of("shop/Deployment/w1")]).toEqual([undefined, undefined]);
  pods.clear();
  expect(pods.of("shop/Deployment/w1001")).toBeUndefined();
});
