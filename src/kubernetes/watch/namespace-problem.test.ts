import { describe, expect, it } from "vitest";
import { TransportError } from "../transport/error.ts";
import { problemOf, watchDenied } from "./namespace-problem.ts";
import { type FailureKind, WatchFailure } from "./watch-failure.ts";

const nobody = { serviceAccount: undefined, access: "in-cluster service account", cli: "kubectl" as const };
const refused = (user: string, verb = "list") =>
  new WatchFailure(
    "forbidden",
    `answered 403 Forbidden: pods is forbidden: User "${user}" cannot ${verb} resource "pods"`,
  );

describe("a missing permission", () => {
  it("comes with the commands that grant it to the service account in the server's message", () => {
    const failure = refused("system:serviceaccount:monitoring:pod-watcher");
    const { remedy, missing } = problemOf(failure, "shop", nobody, 0);
    expect(remedy).toBe(
      "kubectl create rolebinding pod-watcher-view --clusterrole=view --serviceaccount=monitoring:pod-watcher -n shop",
    );
    expect(problemOf(failure, "shop", { ...nobody, cli: "oc" }, 0).remedy).toBe(
      "oc policy add-role-to-user view system:serviceaccount:monitoring:pod-watcher -n shop",
    );
    expect(missing).toEqual(["list pods", "watch pods"]);
  });

  it("quotes a user name for the shell", () => {
    expect(problemOf(refused("o'neil"), "shop", nobody, 0).remedy).toContain(`--user='o'\\''neil' -n shop`);
  });

  it("falls back to the configured service account when the server names nobody", () => {
    const serviceAccount = { namespace: "mon", name: "watcher" };
    const { remedy } = problemOf(
      new WatchFailure("forbidden", "no"),
      "shop",
      { ...nobody, serviceAccount, cli: "oc" },
      0,
    );
    expect(remedy).toContain("system:serviceaccount:mon:watcher -n shop");
  });

  it("mentions only watch if listing works", () => {
    expect(watchDenied(refused("a", "watch"), "shop", nobody, 5)).toMatchObject({ since: 5, missing: ["watch pods"] });
    // Where nothing was forbidden, no role would help.
    const unknown = watchDenied(new WatchFailure("unsupported", "answered 405"), "shop", nobody, 5);
    expect(unknown).toMatchObject({ message: expect.stringContaining("answered 405"), missing: [] });
    expect(unknown.remedy).not.toMatch(/rolebinding|policy/);
  });
});

it("reports a missing namespace, and whose credentials are rejected", () => {
  expect(problemOf(new WatchFailure("missing", "x"), "shop", nobody, 0).remedy).toContain(
    "kubectl create namespace shop",
  );
  expect(problemOf(new WatchFailure("unauthenticated", "x"), "shop", nobody, 0).message).toContain(
    "in-cluster service account",
  );
});

describe("a failure that concerns every namespace", () => {
  const failing = (kind: FailureKind, code?: string) =>
    problemOf(
      new WatchFailure(kind, "it failed", code === undefined ? {} : { cause: new TransportError(code, "it failed") }),
      "shop",
      nobody,
      0,
    ).clusterCause;

  it.each<[string, FailureKind, string | undefined, string | undefined]>([
    ["the API server is away", "network", "ECONNREFUSED", "Unreachable"],
    ["nothing arrives", "silent", undefined, "Unreachable"],
    ["its certificate has expired", "network", "CERT_HAS_EXPIRED", "CertificateNotAccepted"],
    ["its certificate is for another host", "network", "ERR_TLS_CERT_ALTNAME_INVALID", "CertificateNotAccepted"],
    ["it is signed by an unknown CA", "network", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "CertificateNotAccepted"],
    ["the token is rejected", "unauthenticated", undefined, "Unauthorized"],
    ["the API server answers with errors", "server", undefined, "ServerError"],
    ["a permission is missing in one namespace", "forbidden", undefined, undefined],
    ["a namespace does not exist", "missing", undefined, undefined],
    ["a position has expired", "expired", undefined, undefined],
  ])("%s", (_, kind, code, cause) => {
    expect(failing(kind, code)).toBe(cause);
  });
});
