import { Gauge } from "@prometheus-io/client";
import type { Logger } from "./logger.ts";
import type { Registry } from "./metrics.ts";

/** The events of the configuration: each writes its log line and updates its metric. */
export interface ConfigEvents {
  /** `needRestart`: keys of changed settings that take effect at the next start. */
  reloaded(needRestart: readonly string[]): void;
  reloadFailed(problems: readonly string[]): void;
  /** The reload could not be written to the activity log. */
  reloadNotRecorded(error: unknown): void;
}

export function createConfigEvents(logger: Logger, registry: Registry): ConfigEvents {
  const successful = new Gauge({
    name: "pod_watcher_config_last_reload_successful",
    help: "1 if the last reload of the configuration succeeded, 0 if it failed and the previous configuration stays in force.",
    registers: [registry],
  });
  successful.set(1);
  return {
    reloaded(needRestart) {
      successful.set(1);
      logger.info({ event: "config_reloaded", needRestart }, "Configuration reloaded.");
      if (needRestart.length > 0) {
        logger.warn(
          { event: "config_needs_restart", settings: needRestart },
          "Some changed settings take effect at the next start.",
        );
      }
    },
    reloadFailed(problems) {
      successful.set(0);
      logger.error(
        { event: "config_reload_failed", problems },
        "The new configuration is invalid. The previous one stays in force.",
      );
    },
    reloadNotRecorded(error) {
      logger.warn({ event: "config_reload_not_recorded", err: error }, "The reload is missing from the activity log.");
    },
  };
}
