import { Gauge } from "@prometheus-io/client";
import type { Logger } from "./logger.ts";
import type { Registry } from "./metrics.ts";

/** The business events of the configuration: each writes its log line and moves its metric, together. */
export interface ConfigEvents {
  /** `later`: settings that have changed and take effect at the next start. */
  reloaded(later: readonly string[]): void;
  reloadFailed(problems: readonly string[]): void;
}

export function createConfigEvents(logger: Logger, registry: Registry): ConfigEvents {
  const successful = new Gauge({
    name: "pod_watcher_config_last_reload_successful",
    help: "1 when the configuration in force is the newest one, 0 when the last one had mistakes and was not taken.",
    registers: [registry],
  });
  successful.set(1);
  return {
    reloaded(later) {
      successful.set(1);
      logger.info({ event: "config_reloaded", later }, "The configuration was read again and is in force.");
      if (later.length > 0) {
        logger.warn(
          { event: "config_needs_restart", settings: later },
          "Some settings have changed that take effect at the next start.",
        );
      }
    },
    reloadFailed(problems) {
      successful.set(0);
      logger.error(
        { event: "config_reload_failed", problems },
        "The new configuration has mistakes; the old one stays in force.",
      );
    },
  };
}
