import { decodeTimes } from "../../src/core/view/api-times.ts";
import type { Me, SignIn, State, StreamEvent } from "../../src/http/base/api-types.ts";
import { ApiError, call, rememberCsrf, SignedOut } from "./api.ts";
import { BASE } from "./base.ts";
import type { LinkStatus } from "./live/connection.ts";
import { type Feed, openFeed } from "./live/feed.ts";
import { createActing } from "./state/acting.ts";
import { createAnnouncer } from "./state/announcer.ts";
import type { Attention } from "./state/attention.ts";
import { openBrowserNotices } from "./state/browser-notifications.ts";
import type { Dialog } from "./state/dialog.ts";
import { createIncidentList } from "./state/incident-list.ts";
import { incidentRequest, listQuery } from "./state/incident-query.ts";
import { createLink, isOutOfDate } from "./state/link.ts";
import { getLocation } from "./state/location.ts";
import { getPreferences } from "./state/preferences.ts";
import { stateQuery } from "./state/query.ts";
import { createStore } from "./state/store.ts";
import { createTicker } from "./state/ticker.ts";
import { createToasts } from "./state/toasts.ts";
import { createValue } from "./state/value.ts";

/** Whether there is anything to show. Once ready it stays ready; later problems are shown by the link. */
export type Phase =
  | { readonly name: "loading" }
  | { readonly name: "failed"; readonly error: unknown }
  | { readonly name: "signed-out"; readonly signIn: SignIn | undefined }
  | { readonly name: "ready" };

/** While the page holds only one page of the rows, changes elsewhere reload it at most this often. */
const PAGE_REFRESH_MS = 2_000;
const RETRY_MS = 5_000;

interface RefreshOptions {
  /** The reader asked for it: show the result even while paused. */
  readonly asked?: boolean;
}

/** Everything that exists once per page. */
export function createApp() {
  const phase = createValue<Phase>({ name: "loading" });
  const me = createValue<Me | undefined>(undefined);
  const announcer = createAnnouncer();
  const toasts = createToasts();
  const dialog = createValue<Dialog | undefined>(undefined);
  /** Counts the changes that this page made to silences: lists of silences reload. */
  const silenceChanges = createValue(0);
  /** Row ids in the order of the list. */
  const listed = createValue<readonly string[]>([]);
  const acting = createActing();
  const store = createStore({
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
  const isFrozen = () => store.isPaused() || isOutOfDate(link.get().freshness);
  const ticker = createTicker(store.clock.now, isFrozen);
  const notices = openBrowserNotices(store.clock.now);
  const incidents = createIncidentList({
    fetchList: (query) => call("GET incidents", { query }),
    isPaused: store.isPaused,
    onLoaded: ({ serverNow }) => store.clock.observe(serverNow),
    onOpened: (opened) => {
      announcer.opened(opened);
      notices.opened(opened);
    },
  });
  /** The numbers in the tab's title. */
  const attention = createValue<Attention>({ critical: 0, warning: 0, unknown: 0 });
  incidents.subscribe(() => {
    const fresh = incidents.get().list?.counts.attention;
    if (fresh !== undefined && JSON.stringify(fresh) !== JSON.stringify(attention.get())) attention.set(fresh);
  });
  let feed: Feed | undefined;
  let isRefreshDue = false;

  async function fetchState(): Promise<State> {
    const { query } = getLocation();
    return call("GET state", {
      query: { ...stateQuery(query), page: query.page, perPage: getPreferences().perPage },
    });
  }

  function loaded(): void {
    link.activity();
    ticker.tick();
  }

  /** Loads the first state, and opens the stream. */
  async function start(): Promise<void> {
    phase.set({ name: "loading" });
    try {
      const [who, state] = await Promise.all([
        call("GET me"),
        fetchState(),
        incidents.load(incidentRequest(listQuery(getLocation()))),
      ]);
      me.set(who);
      rememberCsrf(who.csrf);
      store.load(state, { asked: true });
      loaded();
      phase.set({ name: "ready" });
      feed?.close();
      feed = openFeed({
        url: new URL("api/v1/stream", BASE).href,
        since: store.seq,
        onMessage: ({ data }) => apply(decodeTimes(JSON.parse(data)) as StreamEvent),
        onActivity: link.activity,
        onStatus: streamStatus,
      });
    } catch (error) {
      phase.set(error instanceof SignedOut ? { name: "signed-out", signIn: error.signIn } : { name: "failed", error });
    }
  }

  function apply(event: StreamEvent): void {
    if (event.type === "incidents") incidents.apply(event);
    store.apply(event);
    if (event.type === "hello" && event.resync) incidents.reload();
  }

  /** Loads the state again while the old one stays on the screen. */
  async function refresh(options: RefreshOptions = {}): Promise<void> {
    const record = store.record();
    try {
      const state = await fetchState();
      store.load(state, { ...options, missed: record.stop() });
      loaded();
    } catch (error) {
      record.stop();
      if (error instanceof SignedOut) link.status({ name: "signed-out" });
      else if (isTemporary(error)) setTimeout(() => void refresh(options), RETRY_MS);
    }
  }

  function streamStatus(status: LinkStatus): void {
    const before = link.get().freshness;
    link.status(status);
    if (status.name === "live" && before !== "live") ticker.tick();
  }

  let wasStale = false;
  link.subscribe(() => {
    const { freshness } = link.get();
    if (freshness === "stale" && !wasStale) {
      announcer.announce("The server does not answer.");
      notices.lost();
    }
    if (freshness === "live" && wasStale) announcer.announce("The server answers again.");
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
    attention,
    incidents,
    acting,
    start,
    refresh,
    retry: () => feed?.retry(),
  };
}

function isTemporary(error: unknown): boolean {
  return !(error instanceof ApiError) || error.problem.status >= 500 || error.problem.status === 429;
}

export type App = ReturnType<typeof createApp>;
