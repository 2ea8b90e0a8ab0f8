import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Remote } from "./remote.ts";
import { showTop } from "./top-app.ts";
import { type ScreenSize, screenOf } from "./top-screen.ts";
import { createTopSession } from "./top-session.ts";
import {
  INITIAL,
  pressed,
  received,
  selectedIncident,
  type TopIncident,
  type TopKey,
  type TopState,
} from "./top-state.ts";

const NOW = Date.parse("2026-12-01T03:00:00Z");
const SIZE: ScreenSize = { rows: 24, columns: 80 };

function incident(name: string, more: Partial<TopIncident> = {}): TopIncident {
  return {
    ...{ id: `shop/Deployment/${name}@1`, key: `shop/Deployment/${name}`, severity: "critical" },
    ...{ since: "2026-12-01T02:48:00Z", why: "keeps crashing: exit 1", handling: {} },
    ...more,
  };
}

function stateWith(items: readonly TopIncident[], more: Partial<TopState> = {}): TopState {
  return { ...received(INITIAL, { items, open: items.length, unknown: [] }), ...more };
}

const press = (state: TopState, ...keys: TopKey[]) => keys.reduce((before, key) => pressed(before, key).state, state);
const text = (state: TopState, size = SIZE) => screenOf(state, size, NOW).map((line) => line.text);

describe("keys", () => {
  const state = stateWith([incident("a"), incident("b"), incident("c")]);
  const at = (one: TopState) => selectedIncident(one)?.key.at(-1);

  it("j and k move within the list, as the arrows do", () => {
    expect(at(state)).toBe("a");
    expect(at(press(state, { text: "j" }, "down", { text: "j" }))).toBe("c");
    expect(at(press(state, { text: "j" }, { text: "k" }, "up"))).toBe("a");
  });

  it("a acknowledges, or removes the acknowledgement", () => {
    expect(pressed(state, { text: "a" }).effect).toMatchObject({
      type: "acknowledge",
      incident: { key: "shop/Deployment/a" },
    });
    const taken = stateWith([incident("a", { handling: { ack: { by: "sam" } } })]);
    expect(pressed(taken, { text: "a" }).effect).toMatchObject({ type: "unacknowledge" });
  });

  it("s asks for a reason, in which no letter is a command", () => {
    const asking = press(state, { text: "s" }, { text: "q" }, { text: "uake!" }, "backspace");
    expect(text(asking).at(-1)).toBe("Silence for 1 h (Esc: cancel). Reason: quake_");
    expect(pressed(asking, "enter").effect).toMatchObject({ type: "silence", reason: "quake" });
    expect(press(asking, "escape").mode).toBe("list");
    expect(pressed(press(state, { text: "s" }, { text: " " }), "enter")).toMatchObject({ state: { mode: "reason" } });
  });

  it("an incident that is gone takes the question for its reason with it", () => {
    const asking = press(state, { text: "s" }, { text: "x" });
    expect(received(asking, { items: [incident("b")], open: 1, unknown: [] })).toMatchObject({ mode: "list" });
  });

  it("l, ? and q", () => {
    expect(pressed(state, { text: "l" })).toMatchObject({ state: { mode: "log" }, effect: { type: "log" } });
    const help = press(state, { text: "?" });
    expect(text(help).join("\n")).toContain("acknowledge it, or remove");
    expect(pressed(help, { text: "q" })).toEqual({ state: { ...help, mode: "list" } });
    expect(pressed(state, { text: "q" }).effect).toEqual({ type: "quit" });
  });

  it("do nothing where there is no incident", () => {
    const none = stateWith([]);
    for (const key of ["a", "s", "l", "j", "k"]) expect(pressed(none, { text: key }).effect).toBeUndefined();
    expect(press(none, { text: "s" }).mode).toBe("list");
  });

  it("the selection stays with its incident when others come first", () => {
    const second = press(state, { text: "j" });
    const next = received(second, { items: [incident("new"), incident("a"), incident("b")], open: 3, unknown: [] });
    expect(at(next)).toBe("b");
  });
});

describe("the screen", () => {
  it("has name, why, since, last line and who was notified", () => {
    const one = incident("checkout", {
      lastLine: { text: "cannot reach orders-db:5432" },
      handling: {
        ack: { by: "sam" },
        notified: [{ receiver: "on-call" }],
        silenced: { until: "2026-12-01T03:30:00Z" },
      },
    });
    const [head, first, second] = text(stateWith([one]), { rows: 24, columns: 120 });
    expect(head).toBe("Pod Watcher: 1 open incident");
    expect(first).toMatch(/^critical shop\/Deployment\/checkout +12 min +keeps crashing: exit 1$/);
    const details = "acknowledged by sam · silenced for 30 min · notified on-call · cannot reach orders-db:5432";
    expect(second?.trim()).toBe(details);
    const narrow = text(stateWith([one])).slice(1, 4);
    expect(narrow.map((line) => line.trim())).toEqual([
      expect.stringMatching(/^critical shop\/Deployment\/checkout +12 min$/),
      "keeps crashing: exit 1",
      details,
    ]);
  });

  it.each([
    [24, 80],
    [10, 40],
    [5, 20],
  ])("fills %i rows of %i columns, and shows the selected incident of many", (rows, columns) => {
    const many = stateWith(Array.from({ length: 50 }, (_, index) => incident(`i${index}`)));
    const state = press(many, ...Array.from({ length: 30 }, () => "down" as const));
    const lines = screenOf(state, { rows, columns }, NOW);
    expect(lines).toHaveLength(rows);
    expect(lines.filter(({ selected }) => selected).map((line) => line.text)).toEqual([
      expect.stringContaining("i30 "),
    ]);
  });

  it("says that it is not up to date, and never that all is well when it is not known", () => {
    expect(text(stateWith([], { problem: "no response" }))[0]).toBe("Not up to date: no response");
    expect(text(stateWith([], { problem: "no response" }))[1]).toBe("No incident is known.");
    expect(text({ ...stateWith([]), unknown: ["shop"] })[0]).toContain("unknown: shop");
    expect(text(stateWith([]))[1]).toBe("No open incident.");
  });

  it("contains nothing that controls the terminal", () => {
    const attack = "\u001B[2J\u001B]0;x\u0007\n\u202Eevil";
    const one = incident(attack, { why: attack, lastLine: { text: attack }, handling: { ack: { by: attack } } });
    const log = { title: attack, lines: [attack] };
    for (const state of [
      stateWith([one]),
      stateWith([one], { mode: "log", log }),
      stateWith([one], { notice: attack }),
    ]) {
      for (const line of text(state)) expect(line).toMatch(/^[^\p{Cc}\u202E]*$/u);
    }
  });
});

describe("on a terminal", () => {
  const calls: unknown[] = [];
  let answer: () => object = () => ({ items: [incident("checkout")], matching: 1, unknown: [] });
  const remote: Remote = {
    get: async <Body>(path: string) => (path === "incidents" ? answer() : { lastLog: LOG }) as Body,
    send: async <Body>(...call: unknown[]) => {
      calls.push(call);
      return { changed: 1, skipped: [] } as Body;
    },
  };
  const LOG = { pod: "checkout-1", container: "app", lines: ["KeyError: 'currency'"], isPrevious: true };

  it("draws on the other screen, acts on keys, and leaves the terminal as it was", async () => {
    let written = "";
    const stdin = Object.assign(new PassThrough(), {
      isTTY: true,
      setRawMode: () => {},
      ref: () => {},
      unref: () => {},
    });
    const stdout = Object.assign(new PassThrough(), { isTTY: true, ...SIZE });
    stdout.on("data", (chunk: Buffer) => {
      written += chunk;
    });
    let quit = () => {};
    const session = createTopSession({ remote, now: () => NOW, by: "sam", onQuit: () => quit() });
    await session.refresh();
    const streams = { stdin, stdout } as unknown as Parameters<typeof showTop>[1];
    const shown = showTop(session, { ...streams, now: () => NOW, isColored: false });
    quit = shown.quit;
    await expect.poll(() => written).toContain("shop/Deployment/checkout");
    expect(written).toContain("\u001B[?1049h");
    stdin.write("a");
    await expect
      .poll(() => calls)
      .toEqual([["POST", "incidents/acknowledge", { ids: ["shop/Deployment/checkout@1"], by: "sam" }]]);
    await expect.poll(() => written).toContain("Acknowledged: shop/Deployment/checkout");
    stdin.write("l");
    await expect.poll(() => written).toContain("KeyError: 'currency'");
    stdin.write("l");
    answer = () => {
      throw new Error("no response from the server");
    };
    await session.refresh();
    await expect.poll(() => written).toContain("Not up to date: no response from the server");
    // Quick keys arrive together.
    stdin.write("jkq");
    await shown.ended;
    expect(written).toContain("\u001B[?1049l");
  });
});
