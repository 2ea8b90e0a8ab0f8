import { describe, expect, it } from "vitest";
import type { NamespaceView } from "../../../src/http/base/api-types.ts";
import { coverageOf, unknownCauses } from "./unknown-namespaces.ts";

const live = (namespace: string): NamespaceView => ({ namespace, state: "live", pods: 3 });
const refused = (namespace: string, staleSince: number): NamespaceView => ({
  namespace,
  state: "forbidden",
  pods: 0,
  staleSince,
  message: `The service account may not list pods in ${namespace}.`,
  remedy: `oc policy add-role-to-user view -z pod-watcher -n ${namespace}`,
});

describe("coverage", () => {
  it("is total when nothing is watched, and when no namespace can be seen", () => {
    expect(coverageOf({ namespaces: [] }).isTotal).toBe(true);
    expect(coverageOf({ namespaces: [refused("shop", 5)] }).isTotal).toBe(true);
    expect(coverageOf({ namespaces: [refused("shop", 5), live("media")] })).toMatchObject({
      isTotal: false,
      watched: 2,
      unknown: [{ namespace: "shop" }],
    });
  });

  it("is reported once for each cause, with the commands of all its namespaces", () => {
    const token: NamespaceView = {
      namespace: "batch",
      state: "unauthenticated",
      pods: 0,
      staleSince: 9,
      remedy: "Renew the token.",
    };
    expect(unknownCauses([refused("shop", 5), refused("media", 4), token])).toEqual([
      {
        namespaces: ["shop", "media"],
        since: 4,
        message: "The service account may not list pods in shop.",
        commands: [
          "oc policy add-role-to-user view -z pod-watcher -n shop",
          "oc policy add-role-to-user view -z pod-watcher -n media",
        ],
        remedies: [],
      },
      {
        namespaces: ["batch"],
        since: 9,
        message: "There is no connection to the API server.",
        commands: [],
        remedies: ["Renew the token."],
      },
    ]);
  });
});
