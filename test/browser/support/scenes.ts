import type { Page } from "playwright-core";
import { MINUTE } from "../../../src/core/model/time.ts";
import type { Row, State } from "../../../src/http/base/api-types.ts";
import { exampleConfig, exampleHealth } from "./example-answers.ts";
import { exampleRows, exampleState, HOUR, NAMESPACES, NOW, silenced } from "./example-state.ts";
import type { FixtureServer } from "./fixture-server.ts";
import { addSilences, collectEvidence, failingRow, mixedState, OUT_OF_SYNC, resolvedState } from "./scene-states.ts";

/** One view of the page: the state of the server, the address, and the actions on the page. */
export interface Scene {
  readonly name: string;
  readonly path?: string;
  readonly state?: State;
  readonly expected?: RegExp;
  readonly before?: (server: FixtureServer) => void;
  readonly act?: (page: Page, server: FixtureServer) => Promise<void>;
}

const READ_ONLY = { reason: "Your role may only view" };

const mixed = mixedState();
const failing = failingRow(mixed);
const opened = `containers?open=${failing.id}`;
const allNormal = exampleRows(200).map(
  ({ restarts: _restarts, alerts: _alerts, reason: _reason, ...row }): Row => ({ ...row, state: "Normal" }),
);

async function click(page: Page, role: Parameters<Page["getByRole"]>[0], name: string | RegExp): Promise<void> {
  await page.getByRole(role, { name }).first().click();
}

async function openSilence(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Silence…", exact: true }).click();
  await page.getByText(/^Silences \d+ container/).waitFor();
}

async function selectAndAcknowledge(page: Page): Promise<void> {
  await page.getByRole("checkbox", { name: `Select ${failing.id}` }).check();
  await click(page, "button", "Acknowledge 1");
}

/** Every screen and state of the page. */
const LIST: readonly Scene[] = [
  { name: "incidents", path: "" },
  { name: "incidents: all open", path: "?view=open" },
  { name: "incidents: recovered", path: "?view=recovered" },
  { name: "incidents: filtered", path: "?severity=critical&ns=shop" },
  { name: "incidents: everything filtered", path: "?q=nothing-like-it" },
  { name: "incidents: namespace unknown, receiver failing", path: "", state: mixedState({ health: OUT_OF_SYNC }) },
  {
    name: "incidents: none",
    path: "",
    before: (server) => {
      server.backend.incidents = server.backend.incidents.filter(({ phase }) => phase === "resolved");
    },
  },
  {
    name: "incidents: selected",
    path: "",
    act: async (page) => {
      await page.getByRole("checkbox", { name: "Select checkout" }).check();
      await page.getByRole("button", { name: "Acknowledge 1" }).waitFor();
    },
  },
  {
    name: "incidents: acknowledged",
    path: "",
    act: async (page) => {
      await click(page, "button", "Acknowledge checkout");
      await page.getByText("Acknowledged.").waitFor();
    },
  },
  { name: "incidents: more", path: "", act: (page) => click(page, "button", /^More: order/) },
  { name: "incident: details", path: "?open=shop/Deployment/checkout" },
  { name: "incident: page", path: "incidents/shop/Deployment/checkout" },
  { name: "incident: unknown", path: "?open=shop/Deployment/nothing-like-it", expected: /404/ },
  {
    name: "incident: silence",
    path: "?open=shop/Deployment/checkout&do=silence&for=1h",
    act: (page) => page.getByRole("dialog").waitFor(),
  },
  {
    name: "incident: acknowledge with a note",
    path: "?open=shop/Deployment/checkout&do=ack",
    act: (page) => page.getByRole("dialog").waitFor(),
  },
  { name: "containers" },
  { name: "containers: filtered", path: `containers?q=${failing.pod}&ns=${failing.namespace}` },
  { name: "containers: everything filtered", path: "containers?q=nothing-like-it&ns=identity" },
  { name: "containers: sorted", path: "containers?sort=-restarts" },
  {
    name: "containers: nothing watched",
    state: exampleState([], { health: { namespaces: [], receivers: [], problems: [] } }),
  },
  { name: "containers: all normal", state: exampleState(allNormal) },
  { name: "containers: namespace out of sync, receiver failing", state: mixedState({ health: OUT_OF_SYNC }) },
  {
    name: "containers: a silence ends soon",
    state: exampleState(
      exampleRows(160).map((row) => (row.state === "Failure" ? silenced(row, "mkrause", NOW + 9 * MINUTE) : row)),
    ),
  },
  {
    name: "containers: read-only",
    state: mixedState({
      can: {
        ack: READ_ONLY,
        silence: READ_ONLY,
        export: READ_ONLY,
        testReceivers: READ_ONLY,
        silenceEverything: READ_ONLY,
      },
    }),
  },
  {
    name: "containers: paged by the server",
    state: exampleState(
      exampleRows(160).filter((row) => row.state !== "Normal"),
      {
        paging: {
          page: 1,
          perPage: 50,
          matching: 1_240,
          gone: 0,
          total: 31_000,
          unattended: 700,
          severities: { critical: 700, unknown: 0, warning: 540, normal: 29_760 },
          change: { Failure: 12, Sent: -3, Warning: 0, Normal: -9 },
          namespaces: NAMESPACES.map((namespace) => ({
            namespace,
            counts: { Failure: 30, Sent: 40, Warning: 54, Normal: 2_976 },
          })),
        },
      },
    ),
  },
  {
    name: "containers: paged by the server, no matches",
    path: "containers?q=nothing-like-it",
    state: exampleState([], {
      paging: {
        page: 1,
        perPage: 50,
        matching: 0,
        gone: 3,
        total: 31_000,
        unattended: 0,
        severities: { critical: 0, unknown: 0, warning: 0, normal: 31_000 },
        change: { Failure: 0, Sent: 0, Warning: 0, Normal: 0 },
        namespaces: [],
      },
    }),
  },
  { name: "containers: deleted and resolved rows", path: "containers?gone=show", state: resolvedState() },
  {
    name: "containers: paused",
    act: (page) => click(page, "button", "Pause live updates"),
  },
  {
    name: "containers: rows selected",
    act: async (page) => {
      await page.getByRole("checkbox").nth(1).check();
      await page.getByRole("checkbox").nth(2).check();
    },
  },
  { name: "containers: namespaces open", act: (page) => click(page, "button", "All namespaces") },
  { name: "containers: settings open", act: (page) => click(page, "button", /Theme/) },
  { name: "containers: acknowledged, with toast", act: selectAndAcknowledge },
  { name: "containers: first load failed", before: (server) => server.setMood("unavailable"), expected: /503/ },
  { name: "containers: forbidden", before: (server) => server.setMood("forbidden"), expected: /403/ },
  { name: "containers: not signed in", before: (server) => server.setMood("unauthorized"), expected: /401/ },
  {
    name: "sign-in with a token",
    before: (server) => server.setMood("unauthorized"),
    expected: /401/,
    act: (page) => click(page, "button", "Sign in"),
  },
  { name: "drawer: overview", path: opened },
  { name: "drawer: events", path: `${opened}&tab=events`, act: (page) => page.getByText("BackOff").first().waitFor() },
  { name: "drawer: logs", path: `${opened}&tab=logs`, act: (page) => page.getByText("panic:").waitFor() },
  {
    name: "drawer: logs searched",
    path: `${opened}&tab=logs`,
    act: (page) => page.getByRole("textbox", { name: "Search in the log" }).fill("4111"),
  },
  { name: "drawer: history", path: `${opened}&tab=history`, act: (page) => page.getByText(/Notified Slack/).waitFor() },
  {
    name: "drawer: collected evidence",
    path: `${opened}&tab=logs`,
    before: collectEvidence,
    act: (page) => page.getByText(/Collected when the alert fired/).waitFor(),
  },
  { name: "drawer: unknown pod", path: "containers?open=shop-web/gone-65f56cb97f-qvclh/app", expected: /404/ },
  { name: "drawer: menu", path: opened, act: (page) => click(page, "button", "More") },
  { name: "dialog: silence", path: opened, act: openSilence },
  {
    name: "dialog: silence until, large",
    path: opened,
    act: async (page) => {
      await openSilence(page);
      await click(page, "radio", /Everything/);
      await click(page, "button", "Until…");
    },
  },
  {
    name: "dialog: already silenced",
    path: opened,
    before: (server) =>
      server.backend.silences.push({
        id: "s1",
        scope: { kind: "workload", namespace: failing.namespace, workload: failing.owner ?? "" },
        state: "active",
        from: NOW - HOUR,
        until: NOW + HOUR,
        reason: "Node drain, ticket OPS-4127",
        by: "mkrause",
        createdAt: NOW - HOUR,
        endWhenNormal: false,
        matches: 6,
        failing: 2,
      }),
    act: async (page) => {
      await page.getByRole("button", { name: "Silence…", exact: true }).click();
      await page.getByText(/Already silenced by mkrause/).waitFor();
    },
  },
  {
    name: "dialog: acknowledge with a note",
    path: opened,
    act: async (page) => {
      await click(page, "button", "More");
      await click(page, "menuitem", /with a note/);
    },
  },
  {
    name: "dialog: silence a namespace later",
    path: opened,
    act: async (page) => {
      await openSilence(page);
      await click(page, "radio", /^Namespace/);
      await page.getByRole("checkbox", { name: "Start later" }).check();
    },
  },
  { name: "dialog: help", act: (page) => page.keyboard.press("?") },
  {
    name: "dialog: new silence, recurring",
    path: "silences",
    act: async (page) => {
      await click(page, "button", "New silence…");
      await page.getByLabel("Value of namespace").fill(failing.namespace);
      await page.getByRole("checkbox", { name: "Only at certain times, every week" }).check();
      await page.getByText(/^Silences \d+ container/).waitFor();
    },
  },
  { name: "silences", path: "silences", before: addSilences },
  {
    name: "silences: upcoming",
    path: "silences",
    before: addSilences,
    act: (page) => click(page, "button", /^Upcoming/),
  },
  {
    name: "silences: expired",
    path: "silences",
    before: addSilences,
    act: (page) => click(page, "button", /^Expired/),
  },
  { name: "silences: none", path: "silences" },
  {
    name: "silences: end now",
    path: "silences",
    before: addSilences,
    act: (page) => click(page, "button", "End now…"),
  },
  {
    name: "silences: extend",
    path: "silences",
    before: addSilences,
    act: (page) => click(page, "button", "Extend or edit…"),
  },
  { name: "notifications: receivers", path: "notifications" },
  { name: "notifications: sent", path: "notifications?tab=sent" },
  { name: "notifications: actions", path: "notifications?tab=actions" },
  { name: "notifications: set up", path: "notifications?tab=setup" },
  { name: "notifications: nothing found", path: "notifications?tab=sent&q=nothing-like-it" },
  { name: "configuration", path: "configuration" },
  {
    name: "configuration: a description shown",
    path: "configuration",
    act: (page) => click(page, "button", "What does restarts.threshold mean?"),
  },
  {
    name: "configuration: not loaded, clocks apart",
    path: "configuration",
    before: (server) => {
      server.backend.answers.set("GET config", () => ({
        ...exampleConfig(),
        loaded: { at: NOW, ok: false, problems: ["config.yaml:4:3: restarts.threshold must be a whole number"] },
      }));
      server.backend.answers.set("GET health", () => ({
        ...exampleHealth(server.backend.state, server.now()),
        clockSkewMs: 95_000,
      }));
    },
    act: (page) => page.getByText(/ahead of the cluster's/).waitFor(),
  },
  { name: "wall", path: "wall", act: (page) => page.getByText(/Live, confirmed/).waitFor() },
  {
    name: "wall: light, filtered",
    path: "wall?theme=light&ns=shop",
    act: (page) => page.getByText("checkout").waitFor(),
  },
  {
    name: "wall: a namespace unknown",
    path: "wall",
    state: mixedState({ health: OUT_OF_SYNC }),
    act: (page) => page.getByRole("heading", { name: /^Unknown since/ }).waitFor(),
  },
  {
    name: "wall: all healthy",
    path: "wall",
    before: (server) => {
      server.backend.incidents = server.backend.incidents.filter(({ phase }) => phase === "resolved");
    },
    act: (page) => page.getByText(/are healthy/).waitFor(),
  },
  { name: "page not found", path: "nowhere" },
];

const MAIN = [
  "incidents",
  "incident: details",
  "containers",
  "drawer: logs",
  "dialog: silence",
  "silences",
  "notifications: sent",
  "configuration",
  "wall",
];

const scenes = LIST.map((scene) => ({ state: mixed, path: "containers", ...scene }));

/** One per screen, for `npm test`; the others are for `npm run test:full`. */
export const MAIN_SCENES: readonly Scene[] = scenes.filter(({ name }) => MAIN.includes(name));
export const OTHER_SCENES: readonly Scene[] = scenes.filter(({ name }) => !MAIN.includes(name));
