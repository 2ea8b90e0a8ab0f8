import type { FastifyInstance } from "fastify";
import type { ConfigView } from "../../ports/settings.ts";
import { withApiTypes } from "../base/api-routes.ts";
import { type Caller, callerOf } from "../base/caller.ts";
import { visibleConfig } from "../page/visible-config.ts";
import { configView } from "../schemas/config.ts";
import { answers } from "../schemas/fields.ts";
import { type ConfigLoad, configViewOf } from "./config-view.ts";

export interface ConfigDeps {
  readonly configView: () => ConfigView;
  readonly configLoad: () => ConfigLoad;
}

/** GET /api/v1/config: the settings in force and their sources; of secrets only whether they are set. */
export function configApi({ configView: settings, configLoad }: ConfigDeps) {
  return function config(plain: FastifyInstance): void {
    withApiTypes(plain).get(
      "/config",
      { schema: { summary: "The settings in force", tags: ["page"], response: answers(configView) } },
      async (request) => {
        const caller = callerOf(request);
        return configViewOf(visibleConfig(settings(), caller), visibleLoad(configLoad(), caller));
      },
    );
  };
}

/** The errors may name other namespaces. */
function visibleLoad(load: ConfigLoad, caller: Caller): ConfigLoad {
  if (caller.seesAll) return load;
  const problems = load.problems.length === 0 ? [] : ["The configuration has errors; the previous one stays in force."];
  return { file: undefined, at: load.at, problems };
}
