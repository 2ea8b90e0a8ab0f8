import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Incident, IncidentList, IncidentsEvent } from "../../../src/http/base/api-types.ts";
import { createIncidentList } from "./incident-list.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const incident = (name: string, change: Partial<Incident> = {}) =>
  ({ id: `shop/Deployment/${name}@1`, why: "It crashes.", handling: { attention: true }, ...change }) as Incident;

const listOf = (items: readonly Incident[], generation: number) =>
  ({ generation, items, counts: { views: { attention: items.length } } }) as IncidentList;

const event = (generation: number, changed: readonly Incident[]) =>
  ({
    type: "incidents",
    generation,
    changed,
    removed: [],
    counts: { views: { attention: 9 } },
  }) as unknown as IncidentsEvent;

function start(answers: (IncidentList | Error)[]) {
  const opened: string[] = [];
  let paused = false;
  const list = createIncidentList({
    fetchList: async () => {
      const answer = answers.shift();
      if (answer === undefined) throw new Error("asked too often");
      if (answer instanceof Error) throw answer;
      return answer;
    },
    isPaused: () => paused,
    onLoaded: () => {},
    onOpened: (incidents) => opened.push(...incidents.map(({ id }) => id)),
  });
  return { list, opened, pause: (on: boolean) => (paused = on) };
}

it("changes incidents in place at once, and takes the order from the server", async () => {
  const { list, opened } = start([listOf([incident("web")], 1), listOf([incident("new"), incident("web")], 2)]);
  await list.load({});
  list.apply(event(2, [incident("web", { why: "Out of memory." }), incident("new")]));
  expect(list.get().list?.items.map(({ why }) => why)).toEqual(["Out of memory."]);
  expect(list.get().list?.counts.views.attention).toBe(9);
  expect(opened).toEqual(["shop/Deployment/new@1"]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(list.get().list?.items).toHaveLength(2);
});

it("ignores events that the list has already", async () => {
  const { list } = start([listOf([incident("web")], 5)]);
  await list.load({});
  list.apply(event(5, [incident("web", { why: "old" })]));
  expect(list.get().list?.items[0]?.why).toBe("It crashes.");
});

it("changes nothing while paused, and loads again on resuming", async () => {
  const { list, pause } = start([listOf([incident("web")], 1), listOf([incident("new")], 2)]);
  await list.load({});
  pause(true);
  list.apply(event(2, [incident("web", { why: "new" })]));
  expect(list.get().list?.items[0]?.why).toBe("It crashes.");
  pause(false);
  list.resume();
  await vi.advanceTimersByTimeAsync(0);
  expect(list.get().list?.generation).toBe(2);
});

it("keeps the old list when loading fails, and tries again", async () => {
  const { list } = start([listOf([incident("web")], 1), new Error("503"), listOf([], 2)]);
  await list.load({});
  await list.load({});
  expect(list.get()).toMatchObject({ error: new Error("503"), list: { generation: 1 } });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(list.get()).toMatchObject({ error: undefined, list: { generation: 2 } });
});
