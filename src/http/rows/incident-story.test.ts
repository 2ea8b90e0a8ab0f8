import { expect, it } from "vitest";
import { anAlert } from "../../../test/support/alerts.ts";
import type { AlertState } from "../../core/model/alert.ts";
import { HOUR, MINUTE } from "../../core/model/time.ts";
import { createStory } from "./incident-story.ts";

const NOW = Date.UTC(2026, 0, 1);
const JOIN = 30 * MINUTE;

const resolved = (from: number, to: number): AlertState => ({
  name: "resolved",
  activeAt: NOW - from,
  firedAt: NOW - from,
  resolvedAt: NOW - to,
});
const firing = (from: number): AlertState => ({
  name: "firing",
  activeAt: NOW - from,
  firedAt: NOW - from,
  lastSeenAt: NOW,
});

it("has the newest episode of each alert of an incident", () => {
  const story = createStory();
  story.note(anAlert({ episode: 1, state: resolved(50 * MINUTE, 40 * MINUTE) }));
  story.note(anAlert({ episode: 2, state: firing(20 * MINUTE) }));
  story.note(anAlert({ labels: { pod: "checkout-1" }, state: { name: "pending", activeAt: NOW, lastSeenAt: NOW } }));
  const [span, ...others] = story.spans(NOW, JOIN);
  expect(others).toEqual([]);
  expect(story.alertsOf(span!).map(({ episode }) => episode)).toEqual([2]);
});

it("forgets incidents that were resolved more than 24 h ago", () => {
  const story = createStory();
  story.note(anAlert({ state: resolved(26 * HOUR, 25 * HOUR) }));
  expect(story.forget(NOW, JOIN)).toBe(false);
  story.note(anAlert({ episode: 2, state: firing(MINUTE) }));
  expect(story.forget(NOW, JOIN)).toBe(true);
  expect(story.spans(NOW, JOIN)).toHaveLength(1);
});

it("keeps the start of an incident that has been on and off for days, in bounded memory", () => {
  const story = createStory();
  const start = 10_000 * MINUTE;
  for (let episode = 1; episode < 1_000; episode++) {
    const from = start - episode * 10 * MINUTE;
    story.note(
      anAlert({ episode, severity: episode === 3 ? "critical" : "warning", state: resolved(from, from - MINUTE) }),
    );
    story.forget(NOW - from + 2 * MINUTE, JOIN);
  }
  story.note(anAlert({ episode: 1_000, severity: "warning", state: firing(0) }));
  expect(story.episodes().length).toBeLessThan(250);
  const [span] = story.spans(NOW, JOIN);
  expect(span).toMatchObject({ openedAt: NOW - start + 10 * MINUTE, resolvedAt: Infinity, severity: "critical" });
});
