import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { type ClusterOptions, resolveClusterAccess } from "./credentials.ts";
import { CredentialsError } from "./credentials-error.ts";

const CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const nowhere = { service: undefined, kubeconfig: [], home: undefined, httpsProxy: undefined, noProxy: undefined };
const service = { host: "172.30.0.1", port: "443" };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "credentials-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, content);
  return path;
}

function options(given: Partial<ClusterOptions> = {}): ClusterOptions {
  return {
    host: undefined,
    plaintext: false,
    token: undefined,
    caFile: undefined,
    insecureSkipTlsVerify: false,
    kubeconfig: undefined,
    context: undefined,
    hostEnvironment: nowhere,
    environment: process.env,
    serviceAccountFolder: join(folder, "serviceaccount"),
    secretTokenFile: join(folder, "secret/token"),
    ...given,
  };
}

const resolve = (given: Partial<ClusterOptions> = {}, clock = createFakeClock()) =>
  resolveClusterAccess(options(given), clock);
const given = (value: string) => ({ source: "OPENSHIFT_TOKEN", read: async () => value });

async function mountServiceAccount(): Promise<void> {
  await file("serviceaccount/token", "mounted-token\n");
  await file("serviceaccount/ca.crt", CA);
  await file("serviceaccount/namespace", "shop");
}

/** JSON is YAML. */
function kubeconfig(user: object, cluster: object = {}, more: object = {}): Promise<string> {
  const content = {
    "current-context": "dev",
    contexts: [{ name: "dev", context: { cluster: "c", user: "u", namespace: "team" } }],
    clusters: [{ name: "c", cluster: { server: "https://api.example:6443", ...cluster } }],
    users: [{ name: "u", user }],
    ...more,
  };
  return file("kube/config", JSON.stringify(content));
}

describe("in a pod", () => {
  it("uses the mounted token, CA and namespace", async () => {
    await mountServiceAccount();
    const access = await resolve({ hostEnvironment: { ...nowhere, service, httpsProxy: "http://proxy:3128" } });
    expect(access.server.href).toBe("https://172.30.0.1/");
    expect(await access.authorization()).toBe("Bearer mounted-token");
    expect(await access.ca()).toBe(CA);
    expect(await access.clientCertificate()).toBeUndefined();
    expect(access.namespace).toBe("shop");
    expect(access.proxy).toBeUndefined();
    expect(access.insecureSkipTlsVerify).toBe(false);
    expect(access.description).toBe("the cluster of this pod, with the mounted service account token");
  });

  it("puts an IPv6 address in brackets", async () => {
    await mountServiceAccount();
    const access = await resolve({ hostEnvironment: { ...nowhere, service: { host: "fd00::1", port: "6443" } } });
    expect(access.server.href).toBe("https://[fd00::1]:6443/");
  });

  it("prefers a configured token to the mounted one, and that to /etc/secret/token", async () => {
    await file("secret/token", "from the secret".replaceAll(" ", "-"));
    const hostEnvironment = { ...nowhere, service };
    expect(await (await resolve({ hostEnvironment })).authorization()).toBe("Bearer from-the-secret");
    await mountServiceAccount();
    expect(await (await resolve({ hostEnvironment })).authorization()).toBe("Bearer mounted-token");
    expect(await (await resolve({ hostEnvironment, token: given("given") })).authorization()).toBe("Bearer given");
  });

  it("explains what is missing when nothing is mounted", async () => {
    await expect(resolve({ hostEnvironment: { ...nowhere, service } })).rejects.toThrow(
      "this pod has no service account token. Remove `automountServiceAccountToken: false`",
    );
  });
});

describe("a token file", () => {
  it("is read again after a minute, and not before", async () => {
    await mountServiceAccount();
    const clock = createFakeClock();
    const access = await resolve({ hostEnvironment: { ...nowhere, service } }, clock);
    await access.authorization();
    await file("serviceaccount/token", "second");
    await clock.advance(59_000);
    expect(await access.authorization()).toBe("Bearer mounted-token");
    await clock.advance(1_000);
    expect(await access.authorization()).toBe("Bearer second");
  });

  it("is read again immediately after the server rejected the token", async () => {
    await mountServiceAccount();
    const clock = createFakeClock();
    const access = await resolve({ hostEnvironment: { ...nowhere, service } }, clock);
    await access.authorization();
    await file("serviceaccount/token", "second");
    await clock.advance(1_000);
    const sentAt = clock.now();
    access.invalidate(sentAt);
    await clock.advance(1_000);
    expect(await access.authorization()).toBe("Bearer second");
    await file("serviceaccount/token", "third");
    // A 401 for a request that was sent with the old token proves nothing about the new one.
    access.invalidate(sentAt);
    expect(await access.authorization()).toBe("Bearer second");
  });

  it("may be missing or empty for a moment: the previous token stays in use", async () => {
    await mountServiceAccount();
    const clock = createFakeClock();
    const access = await resolve({ hostEnvironment: { ...nowhere, service } }, clock);
    await access.authorization();
    await file("serviceaccount/token", " \n");
    await clock.advance(61_000);
    expect(await access.authorization()).toBe("Bearer mounted-token");
    await rm(join(folder, "serviceaccount/token"));
    access.invalidate(clock.now());
    expect(await access.authorization()).toBe("Bearer mounted-token");
    await file("serviceaccount/token", "second");
    expect(await access.authorization()).toBe("Bearer second");
  });

  it.each([
    ["", "is empty"],
    ["\n", "is empty"],
    ["one two", "contains white space or other characters that are not allowed in a token"],
    ["tök", "contains white space or other characters that are not allowed in a token"],
  ])("that contains %j is reported", async (content, problem) => {
    await file("secret/token", content);
    const access = await resolve({ hostEnvironment: { ...nowhere, service } });
    await expect(access.authorization()).rejects.toThrow(problem);
    if (content.trim() !== "") await expect(access.authorization()).rejects.not.toThrow(content);
  });

  it("that is a named pipe is refused: without a writer, opening it would keep the process alive", async () => {
    await mkdir(join(folder, "secret"));
    execFileSync("mkfifo", [join(folder, "secret/token")]);
    const access = await resolve({ hostEnvironment: { ...nowhere, service } });
    await expect(access.authorization()).rejects.toThrow("secret/token cannot be read: it is a named pipe");
  });
});

describe("a configured address", () => {
  it("with a configured token", async () => {
    const access = await resolve({ host: "api.example:6443", token: given(" tok\n") });
    expect(access.server.href).toBe("https://api.example:6443/");
    expect(await access.authorization()).toBe("Bearer tok");
    expect(await access.ca()).toBeUndefined();
    expect(access.namespace).toBeUndefined();
    expect(access.description).toBe("OPENSHIFT_HOST api.example:6443, with OPENSHIFT_TOKEN");
  });

  it("trusts the configured CA", async () => {
    const caFile = await file("ca.pem", CA);
    const access = await resolve({ host: "api.example", token: given("t"), caFile });
    expect(await access.ca()).toBe(CA);
    await rm(caFile);
    expect(await access.ca()).toBe(CA);
  });

  it("trusts, in a pod, the cluster's CA and public ones", async () => {
    await mountServiceAccount();
    const ca = await (await resolve({ host: "api.example" })).ca();
    expect(ca).toContain(CA);
    expect(ca).toContain(rootCertificates[0]);
  });

  it("uses the kubeconfig login for exactly this server, and no token of another", async () => {
    const path = await kubeconfig({ token: "sesame" });
    const access = await resolve({ host: "api.example:6443", kubeconfig: path });
    expect(await access.authorization()).toBe("Bearer sesame");
    expect(access.namespace).toBe("team");
    await expect(resolve({ host: "other.example:6443", kubeconfig: path })).rejects.toThrow(
      "no token for the API server other.example:6443. Set OPENSHIFT_TOKEN, or log in with `oc login https://other.example:6443` on OpenShift.",
    );
  });

  it("trusts the CA of the kubeconfig login with another token too, and ignores a broken kubeconfig then", async () => {
    const data = Buffer.from(CA).toString("base64");
    const path = await kubeconfig({ token: "sesame" }, { "certificate-authority-data": data });
    const access = await resolve({ host: "api.example:6443", token: given("t"), kubeconfig: path });
    expect(await access.authorization()).toBe("Bearer t");
    expect(await access.ca()).toBe(CA);
    expect(access.namespace).toBeUndefined();
    const broken = await file("broken", "{");
    expect(
      await (await resolve({ host: "api.example:6443", token: given("t"), kubeconfig: broken })).ca(),
    ).toBeUndefined();
    await expect(resolve({ host: "api.example:6443", kubeconfig: broken })).rejects.toThrow("is not valid YAML");
  });

  it("uses HTTPS_PROXY except for NO_PROXY hosts", async () => {
    const httpsProxy = "http://proxy:3128";
    const proxied = async (host: string, noProxy?: string) => {
      const hostEnvironment = { ...nowhere, httpsProxy, noProxy };
      return (await resolve({ host, token: given("t"), hostEnvironment })).proxy?.href;
    };
    expect(await proxied("api.example:6443")).toBe("http://proxy:3128/");
    for (const [host, noProxy] of [
      ["api.example:6443", "other, .example"],
      ["api.example:6443", "example"],
      ["api.example:6443", "api.example:6443"],
      ["api.example:6443", "*"],
      ["10.1.2.3:6443", "10.0.0.0/8"],
      ["10.1.2.3:6443", "10.1.2.3"],
      ["[fd00::1]:6443", "fd00::/8"],
      ["127.0.0.1:6443", ""],
      ["localhost:6443", ""],
    ] as const) {
      expect([host, noProxy, await proxied(host, noProxy)]).toEqual([host, noProxy, undefined]);
    }
    for (const [host, noProxy] of [
      ["api.example:6443", "notexample"],
      ["api.example:6443", "api.example:443"],
      ["10.1.2.3:6443", "11.0.0.0/8,10.1.2.0/99,fd00::/8"],
    ] as const) {
      expect([host, noProxy, await proxied(host, noProxy)]).toEqual([host, noProxy, "http://proxy:3128/"]);
    }
  });

  it.each<[problem: string, options: () => Promise<Partial<ClusterOptions>>]>([
    ['"a b" is not a valid address of an API server', async () => ({ host: "a b" })],
    [
      "ca.pem contains no certificate",
      async () => ({ host: "a", token: given("t"), caFile: await file("ca.pem", "x") }),
    ],
    [
      "ca.pem cannot be read: there is no such file",
      async () => ({ host: "a", token: given("t"), caFile: join(folder, "ca.pem") }),
    ],
    [
      "the proxy address in HTTPS_PROXY is invalid",
      async () => ({ host: "a", token: given("t"), hostEnvironment: { ...nowhere, httpsProxy: "http://[" } }),
    ],
  ])("%s", async (problem, make) => {
    await expect(resolve(await make())).rejects.toThrow(problem);
  });
});

describe("a kubeconfig", () => {
  it("in the home folder, with a token", async () => {
    await kubeconfig(
      { token: "first" },
      {
        "certificate-authority-data": Buffer.from(CA).toString("base64"),
        "tls-server-name": "kubernetes",
        "proxy-url": "http://p:1",
      },
    );
    await file(".kube/config", await readBack("kube/config"));
    const clock = createFakeClock();
    const access = await resolve({ hostEnvironment: { ...nowhere, home: folder } }, clock);
    expect(access.server.href).toBe("https://api.example:6443/");
    expect(await access.authorization()).toBe("Bearer first");
    expect(await access.ca()).toBe(CA);
    expect(access.tlsServerName).toBe("kubernetes");
    expect(access.proxy?.href).toBe("http://p:1/");
    expect(access.namespace).toBe("team");
    expect(access.description).toBe(`context dev of ${folder}/.kube/config`);
    await file(".kube/config", (await readBack(".kube/config")).replace("first", "second"));
    access.invalidate(clock.now());
    expect(await access.authorization()).toBe("Bearer second");
  });

  it("with a client certificate, in files next to it", async () => {
    await file("kube/me.crt", "cert");
    await file("kube/me.key", "key");
    const path = await kubeconfig(
      { "client-certificate": "me.crt", "client-key": "me.key" },
      { "certificate-authority": "../ca.pem" },
    );
    await file("ca.pem", CA);
    const access = await resolve({ kubeconfig: path });
    expect(await access.authorization()).toBeUndefined();
    expect(await access.clientCertificate()).toEqual({ cert: "cert", key: "key" });
    expect(await access.ca()).toBe(CA);
  });

  it("with a client certificate inside", async () => {
    const data = (text: string) => Buffer.from(text).toString("base64");
    const path = await kubeconfig({ "client-certificate-data": data("cert"), "client-key-data": data("key") });
    expect(await (await resolve({ kubeconfig: path })).clientCertificate()).toEqual({ cert: "cert", key: "key" });
  });

  it("with a token file", async () => {
    const path = await kubeconfig({ tokenFile: "token" });
    await file("kube/token", "from-file\n");
    expect(await (await resolve({ kubeconfig: path })).authorization()).toBe("Bearer from-file");
  });

  it("of several files: the first definition of a name wins, and missing files are skipped", async () => {
    const first = await file(
      "a",
      JSON.stringify({ contexts: [{ name: "dev", context: { cluster: "c", user: "u" } }] }),
    );
    const second = await kubeconfig({ token: "t" });
    const access = await resolve({
      hostEnvironment: { ...nowhere, kubeconfig: [first, join(folder, "missing"), second] },
    });
    expect(access.namespace).toBeUndefined();
    expect(access.server.host).toBe("api.example:6443");
    expect(access.description).toBe(`context dev of ${first}, ${second}`);
  });

  it("with a context other than the current one, and a path in the address", async () => {
    const path = await kubeconfig(
      { token: "t" },
      {},
      {
        contexts: [{ name: "other", context: { cluster: "d", user: "u" } }],
        clusters: [{ name: "d", cluster: { server: "https://rancher.example/k8s/clusters/c-1" } }],
      },
    );
    expect((await resolve({ kubeconfig: path, context: "other" })).server.href).toBe(
      "https://rancher.example/k8s/clusters/c-1",
    );
  });

  it("skips certificate verification only when it is configured explicitly", async () => {
    const path = await kubeconfig({ token: "t" }, { "insecure-skip-tls-verify": true });
    await expect(resolve({ kubeconfig: path })).rejects.toThrow("set OPENSHIFT_INSECURE_SKIP_TLS_VERIFY=true");
    expect((await resolve({ kubeconfig: path, insecureSkipTlsVerify: true })).insecureSkipTlsVerify).toBe(true);
    const caFile = await file("ca.pem", CA);
    expect((await resolve({ kubeconfig: path, caFile })).insecureSkipTlsVerify).toBe(false);
  });

  it.each<[problem: string, make: () => Promise<Partial<ClusterOptions>>]>([
    [
      "no API server configured: not running in a pod, OPENSHIFT_HOST is not set, and there is no kubeconfig. Set KUBECONFIG",
      async () => ({}),
    ],
    ["does not exist. Set KUBECONFIG", async () => ({ kubeconfig: join(folder, "missing") })],
    ["is not valid YAML: line 2", async () => ({ kubeconfig: await file("k", 'a: b\n"token: geheim') })],
    [
      "is invalid: clusters.0.cluster.server",
      async () => ({ kubeconfig: await file("k", "clusters: [{name: a, cluster: {}}]") }),
    ],
    ["has no current context", async () => ({ kubeconfig: await file("k", "contexts: []") })],
    [
      "has no context prod. It has: dev.",
      async () => ({ kubeconfig: await kubeconfig({ token: "t" }), context: "prod" }),
    ],
    [
      "refers to the cluster c, which does not exist",
      async () => ({ kubeconfig: await kubeconfig({}, {}, { clusters: [] }) }),
    ],
    [
      "refers to the user u, which does not exist",
      async () => ({ kubeconfig: await kubeconfig({}, {}, { users: [] }) }),
    ],
    ["has no credentials", async () => ({ kubeconfig: await kubeconfig({}) })],
    [
      "has a user name and a password, which Kubernetes has not taken since 1.19",
      async () => ({ kubeconfig: await kubeconfig({ username: "a", password: "geheim" }) }),
    ],
    [
      "has the auth-provider oidc, which Kubernetes removed in 1.26",
      async () => ({ kubeconfig: await kubeconfig({ "auth-provider": { name: "oidc" } }) }),
    ],
    [
      "which is not an https:// address",
      async () => ({ kubeconfig: await kubeconfig({ token: "t" }, { server: "http://api.example" }) }),
    ],
  ])("%s", async (problem, make) => {
    const failure = await resolve(await make()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CredentialsError);
    expect((failure as CredentialsError).message).toContain(problem);
    expect((failure as CredentialsError).message).not.toContain("geheim");
    expect((failure as CredentialsError).remedy).not.toBe("");
  });
});

describe("an exec plugin", () => {
  /** Prints what the shell script says, and counts its runs. */
  async function plugin(script: string, more: object = {}, cluster: object = {}) {
    const path = await file("kube/plugin", `#!/bin/sh\necho run >> "$COUNTER"\n${script}\n`);
    await chmod(path, 0o755);
    const env = [{ name: "COUNTER", value: join(folder, "runs") }];
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: "./plugin",
      args: ["get-token"],
      env,
      ...more,
    };
    return kubeconfig({ exec }, cluster);
  }
  const runs = async () => (await readBack("runs")).trim().split("\n").length;
  const credential = (status: object) =>
    `echo '${JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status })}'`;

  it("runs once until its token expires or is rejected", async () => {
    const clock = createFakeClock({ now: Date.UTC(2026, 10, 22, 12) });
    const path = await plugin(credential({ token: "t1", expirationTimestamp: "2026-11-22T12:15:00Z" }));
    const access = await resolve({ kubeconfig: path }, clock);
    expect(await Promise.all([access.authorization(), access.authorization()])).toEqual(["Bearer t1", "Bearer t1"]);
    await clock.advance(14 * 60_000);
    await access.authorization();
    expect(await runs()).toBe(1);
    await clock.advance(60_000);
    await access.authorization();
    expect(await runs()).toBe(2);
    access.invalidate(clock.now());
    await access.authorization();
    expect(await runs()).toBe(3);
  });

  it("may return a certificate", async () => {
    const path = await plugin(credential({ clientCertificateData: "cert", clientKeyData: "key" }));
    const access = await resolve({ kubeconfig: path });
    expect(await access.authorization()).toBeUndefined();
    expect(await access.clientCertificate()).toEqual({ cert: "cert", key: "key" });
  });

  it("gets the cluster's data with provideClusterInfo", async () => {
    const script = `printf '%s' "$1 $KUBERNETES_EXEC_INFO" > "$COUNTER.info"\n${credential({ token: "t" })}`;
    const path = await plugin(
      script,
      { provideClusterInfo: true },
      { "certificate-authority-data": Buffer.from(CA).toString("base64") },
    );
    await (await resolve({ kubeconfig: path })).authorization();
    const input = await readBack("runs.info");
    expect(input.slice(0, 10)).toBe("get-token ");
    expect(JSON.parse(input.slice(10))).toEqual({
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      spec: {
        interactive: false,
        cluster: {
          server: "https://api.example:6443",
          "certificate-authority-data": Buffer.from(CA).toString("base64"),
        },
      },
    });
  });

  it.each<[problem: string, script: string, more: object]>([
    ["is not installed. brew install it", "", { command: "no-such-plugin-here", installHint: "brew install it" }],
    ["failed (3): login with password=[masked] failed", "echo login with password=geheim failed >&2; exit 3", {}],
    ["did not print an ExecCredential", "echo hello", {}],
    ["printed neither a token nor a certificate with its key", credential({ clientCertificateData: "cert" }), {}],
    ["requests client.authentication.k8s.io/v1alpha1", "", { apiVersion: "client.authentication.k8s.io/v1alpha1" }],
    ["wants to ask questions at a terminal", "", { interactiveMode: "Always" }],
    [
      "returned client.authentication.k8s.io/v1 instead of client.authentication.k8s.io/v1beta1",
      credential({ token: "t" }),
      { apiVersion: "client.authentication.k8s.io/v1beta1" },
    ],
  ])("%s", async (problem, script, more) => {
    const access = await resolve({ kubeconfig: await plugin(script, more) });
    const failure = await access.authorization().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CredentialsError);
    expect((failure as Error).message).toContain(problem);
    expect((failure as Error).message).not.toContain("geheim");
  });
});

async function readBack(name: string): Promise<string> {
  return readFile(join(folder, name), "utf8");
}
