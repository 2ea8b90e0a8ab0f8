import { createContext, use } from "react";
import type { Can, Me, Permission, SignIn, State } from "../../src/http/base/api-types.ts";
import type { Dialog } from "./actions.ts";
import { ApiError, call, rememberCsrf, SignedOut } from "./api.ts";
import { BASE } from "./base.ts";
import { type Feed, joinFeed } from "./live/feed.ts";
import type { FromWorker } from "./live/protocol.ts";
import { createAnnouncer } from "./state/announcer.ts";
import { createLink } from "./state/link.ts";
import { getLocation } from "./state/location.ts";
import { getPreferences } from "./state/preferences.ts";
import { stateQuery } from "./state/query.ts";
import { createStore, type Data } from "./state/store.ts";
import { createTicker } from "./state/ticker.ts";
import { createToasts } from "./state/toasts.ts";
import { createValue, useValue } from "./state/value.ts";

/** Whether there is anything to show yet. Once ready it stays so: what happens later is the link's to tell. */
export type Phase =
  | { readonly name: "loading" }
  | { readonly name: "failed"; readonly error: unknown }
  | { readonly name: "signed-out"; readonly signIn: SignIn | undefined }
  | { readonly name: "ready" };

/** While only one page of the rows is held, changes elsewhere are worth another look no more often than this. */
const PAGE_REFRESH_MS = 2_000;

/** Everything that lives as long as the page. */
export function createApp() {
  const phase = createValue<Phase>({ name: "loading" });
  const me = createValue<Me | undefined>(undefined);
  const announcer = createAnnouncer();
  const toasts = createToasts();
  const dialog = createValue<Dialog | undefined>(undefined);
  /** Counts the changes that this page made to silences, for whoever lists them. */
  const silenceChanges = createValue(0);
  /** Row ids in the order that the list shows them. */
  const listed = createValue<readonly string[]>([]);
  const store = createStore({
    onFailures: announcer.failed,
    onResync: () => void refresh(),
    onPageStale: () => {
      if (isRefreshDue) return;
      isRefreshDue = true;
      setTimeout(() => {
        isRefreshDue = false;
        void refresh();
      }, PAGE_REFRESH_MS);
    },
  });
  const link = createLink(store.clock.now);
  const frozen = () => store.isPaused() || ["stale", "signed-out"].includes(link.get().freshness);
  const ticker = createTicker(store.clock.now, frozen);
  let feed: Feed | undefined;
  let isRefreshDue = false;

  async function fetchState(): Promise<State> {
    const { query } = getLocation();
    return call("GET state", {
      query: { ...stateQuery(query), page: query.page, perPage: getPreferences().perPage },
    });
  }

  /** The first state, and again after a failed one. */
  async function start(): Promise<void> {
    phase.set({ name: "loading" });
    try {
      const [who, state] = await Promise.all([call("GET me"), fetchState()]);
      me.set(who);
      rememberCsrf(who.csrf);
      store.load(state, { asked: true });
      link.heard();
      ticker.tick();
      phase.set({ name: "ready" });
      feed?.close();
      feed = joinFeed({
        url: new URL("api/v1/stream", BASE).href,
        who: who.user ?? "",
        since: store.seq,
        onMessage: receive,
      });
    } catch (error) {
      phase.set(error instanceof SignedOut ? { name: "signed-out", signIn: error.signIn } : { name: "failed", error });
    }
  }

  /** The state again, while the old one stays on the screen. What the reader `asked` for is shown also while paused. */
  async function refresh(options: { readonly asked?: boolean } = {}): Promise<void> {
    const record = store.record();
    try {
      const state = await fetchState();
      store.load(state, { ...options, missed: record.stop() });
      link.heard();
      ticker.tick();
    } catch (error) {
      record.stop();
      if (error instanceof SignedOut) link.status({ name: "signed-out" });
      else if (!(error instanceof ApiError && error.problem.status < 500) || error.problem.status === 429)
        setTimeout(() => void refresh(options), 5_000);
    }
  }

  function receive(message: FromWorker): void {
    if (message.type === "event") {
      link.heard();
      store.apply(JSON.parse(message.data));
    } else if (message.type === "heard") link.heard();
    else if (message.type === "resync") void refresh();
    else {
      const before = link.get().freshness;
      link.status(message.status);
      if (message.status.name === "live" && before !== "live") ticker.tick();
    }
  }

  let wasStale = false;
  link.subscribe(() => {
    const { freshness } = link.get();
    if (freshness === "stale" && !wasStale) announcer.say("Live updates lost.");
    if (freshness === "live" && wasStale) announcer.say("Live updates are back.");
    if (freshness === "stale" || freshness === "live") wasStale = freshness === "stale";
  });

  return {
    phase,
    me,
    store,
    link,
    ticker,
    announcer,
    toasts,
    dialog,
    silenceChanges,
    listed,
    start,
    refresh,
    retry: () => feed?.retry(),
  };
}

export type App = ReturnType<typeof createApp>;

export const AppContext = createContext<App | undefined>(undefined);

export function useApp(): App {
  const app = use(AppContext);
  if (app === undefined) throw new Error("There is no AppContext above this component");
  return app;
}

/** Below `phase.name === "ready"` only. */
export function useData(): Data {
  const data = useValue(useApp().store);
  if (data === undefined) throw new Error("The state is not loaded yet");
  return data;
}

export function useNow(): number {
  return useValue(useApp().ticker);
}

/** The reason why the caller may not do it, or undefined when they may. */
export function refusal(can: Can, what: "ack" | "silence", namespace?: string): string | undefined {
  const here = namespace === undefined ? undefined : can.namespaces?.[namespace]?.[what];
  return refusalOf(here ?? can[what]);
}

export function refusalOf(permission: Permission): string | undefined {
  return permission === true ? undefined : permission.reason;
}
