import type { Config } from "../config/config.ts";
import type { LoadResult } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import type { ConfigLoad } from "../http/api/config-view.ts";
import type { ActionStore } from "../ports/activity.ts";
import type { Clock } from "../ports/clock.ts";
import type { OutboxStore } from "../ports/notifications.ts";
import type { ConfigView, Setting } from "../ports/settings.ts";
import type { ConfigEvents } from "../telemetry/config-events.ts";
import { errorMessage } from "../util/error-message.ts";
import type { Delivery } from "./notifications.ts";

/** A valid configuration, and how the page shows it. */
export interface LoadedConfig {
  readonly config: Config;
  readonly view: ConfigView;
}

export interface ReloaderOptions {
  readonly clock: Clock;
  readonly events: ConfigEvents;
  readonly store: { readonly actions: Pick<ActionStore, "log">; readonly outbox: Pick<OutboxStore, "groups"> };
  /** Throws when a receiver or route cannot be created. */
  readonly createDelivery: (config: Config) => Delivery;
  /** Called after the configuration in force has changed. It must not fail. */
  readonly changed: (config: Config, before: Config) => void;
}

/** Holds the configuration in force and everything that a reload replaces. */
export interface Reloader extends AsyncDisposable {
  readonly config: Config;
  /** With the settings of the start where a change needs a restart. */
  readonly view: ConfigView;
  /** How the configuration was last loaded. */
  readonly lastLoad: ConfigLoad;
  readonly delivery: Delivery;
  /**
   * Puts another configuration in force, or nothing of it when it is invalid or cannot be applied. The result is logged,
   * counted and recorded in the activity log; the promise does not reject. Do not call it again before it has resolved.
   */
  reload(loaded: LoadResult): Promise<void>;
}

export function createReloader(started: LoadedConfig, options: ReloaderOptions): Reloader {
  const { clock, events, store } = options;
  let { config, view } = started;
  let lastLoad: ConfigLoad = { file: fileOf(view), at: clock.now(), problems: [] };
  let delivery = options.createDelivery(config);

  /** Everything that can fail comes first. Only one dispatcher may be running, or alerts would be notified twice. */
  async function replaceDelivery(next: Config): Promise<void> {
    const replacement = options.createDelivery(next);
    try {
      await store.outbox.groups();
    } catch (error) {
      await replacement[Symbol.asyncDispose]();
      throw error;
    }
    const before = delivery;
    await before.dispatcher[Symbol.asyncDispose]();
    await replacement.start();
    delivery = replacement;
    await before[Symbol.asyncDispose]();
  }

  async function apply(loaded: LoadedConfig): Promise<void> {
    await replaceDelivery(loaded.config);
    const before = config;
    config = loaded.config;
    view = viewInForce(started.view, loaded.view);
    lastLoad = { file: fileOf(loaded.view), at: clock.now(), problems: [] };
    options.changed(config, before);
  }

  async function record(note: string): Promise<void> {
    const action = { at: clock.now(), by: "SIGHUP", action: "config-reload", about: ["configuration"], note } as const;
    await store.actions.log(action).catch(events.reloadNotRecorded);
  }

  async function reject(problems: readonly string[]): Promise<void> {
    lastLoad = { ...lastLoad, problems };
    events.reloadFailed(problems);
    await record(`Rejected: ${problems.join("; ")}`);
  }

  return {
    get config() {
      return config;
    },
    get view() {
      return view;
    },
    get lastLoad() {
      return lastLoad;
    },
    get delivery() {
      return delivery;
    },
    async reload(loaded) {
      if (!loaded.ok) return await reject(loaded.problems.map(formatProblem));
      try {
        await apply(loaded);
      } catch (error) {
        return await reject([errorMessage(error)]);
      }
      const later = settingsForNextStart(view);
      events.reloaded(later);
      await record(later.length === 0 ? "Applied." : `Applied. After the next start: ${later.join(", ")}.`);
    },
    [Symbol.asyncDispose]: () => delivery[Symbol.asyncDispose](),
  };
}

/**
 * The settings in force after a reload. A setting that needs a restart keeps its value and has the next one as
 * `nextStart`: the page must not claim that access was revoked before it is.
 */
export function viewInForce(started: ConfigView, loaded: ConfigView): ConfigView {
  const atStart = new Map(started.settings.map((setting) => [setting.key, setting]));
  const settings = loaded.settings.map((setting) => {
    if (setting.reload === "immediate") return setting;
    const inForce = atStart.get(setting.key) ?? { ...setting, value: null };
    return hasSameValue(inForce, setting) ? setting : { ...inForce, nextStart: { value: setting.value } };
  });
  const keys = new Set(loaded.settings.map(({ key }) => key));
  const removed = started.settings.filter((setting) => !keys.has(setting.key) && setting.reload === "restart");
  return { settings: [...settings, ...removed.map((setting) => ({ ...setting, nextStart: { value: null } }))] };
}

/** The keys of the settings that a restart would change. */
export function settingsForNextStart({ settings }: ConfigView): readonly string[] {
  return settings.flatMap(({ key, nextStart }) => (nextStart === undefined ? [] : [key])).sort();
}

function hasSameValue(one: Setting, other: Setting): boolean {
  return JSON.stringify(one.value) === JSON.stringify(other.value);
}

/** The path in positions such as `config.yaml:6:13`; undefined when no setting comes from a file. */
function fileOf({ settings }: ConfigView): string | undefined {
  const where = settings.find(({ source }) => source === "file")?.where;
  return where?.replace(/:\d+:\d+$/, "");
}
