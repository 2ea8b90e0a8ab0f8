import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createCertificateAuthority } from "@pod-watcher/simulator/http/certificate";
import { describe, expect, it, type TestContext } from "vitest";
import { parse } from "yaml";
import { chartHash, render, renderedPath, valueFiles } from "../scripts/render-chart.ts";
import { FileSchema } from "../src/config/schema.ts";
import { misfits } from "./support/kubernetes-fields.ts";
import { type Manifest, manifests, renderedCharts, shippedManifests } from "./support/manifests.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

function isInstalled(tool: string, version: string): boolean {
  try {
    execFileSync(tool, [version], { stdio: "ignore" });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}

function needs(tool: string, context: TestContext, version = "version"): void {
  if (!isInstalled(tool, version)) context.skip(`${tool} is not installed`);
}

const rendered = renderedCharts();
const everything = shippedManifests();

describe("the Helm chart", () => {
  it.each(valueFiles())("the rendered chart is up to date for %s (node scripts/render-chart.ts)", (values) => {
    expect(readFileSync(renderedPath(values), "utf8").split("\n")[0]).toBe(`# chart ${chartHash()}`);
  });

  it.for(valueFiles())("renders %s to the checked-in manifests", (values, context) => {
    needs("helm", context);
    expect(render(values)).toBe(readFileSync(renderedPath(values), "utf8"));
  });

  it("lets two releases watch one namespace: their roles and bindings there have different names", (context) => {
    needs("helm", context);
    const chart = join(ROOT, "deploy/helm/pod-watcher");
    const inShop = (namespace: string) => {
      const args = ["template", "pod-watcher", chart, "--namespace", namespace, "--kube-version", "1.32.0"];
      const values = ["--set", "namespaces={shop},rbac.ownRole=true,rbac.writeEvents=true"];
      const all = manifests(execFileSync("helm", [...args, ...values], { encoding: "utf8" }));
      return all.filter(({ metadata }) => metadata.namespace === "shop").map(({ metadata }) => metadata.name);
    };
    const [first, second] = [inShop("team-a"), inShop("team-b")];
    expect(first).toHaveLength(4);
    expect(first.filter((name) => second.includes(name))).toEqual([]);
  });

  it("has what a catalogue of charts shows", () => {
    const chart = parse(read("deploy/helm/pod-watcher/Chart.yaml"));
    const { version, license } = JSON.parse(read("package.json"));
    expect(chart).toMatchObject({ version, appVersion: version, icon: expect.stringMatching(/\.svg$/) });
    expect(chart.maintainers).not.toEqual([]);
    expect(chart.annotations["artifacthub.io/license"]).toBe(license);
    const repository = "https://github.com/OWNER/pod-watcher/blob/main/";
    for (const { url } of parse(chart.annotations["artifacthub.io/links"])) {
      expect(read(url.replace(repository, ""))).toMatch(/^# /);
    }
    expect(read(chart.icon.replace(/^.*\/main\//, ""))).toContain("<svg");
  });

  it("passes helm lint", (context) => {
    needs("helm", context);
    const lint = () =>
      execFileSync("helm", ["lint", "--strict", join(ROOT, "deploy/helm/pod-watcher")], { stdio: "pipe" });
    expect(lint).not.toThrow();
  });

  it.for<[what: string, set: string, url: string | undefined]>([
    ["its Ingress", "ingress.enabled=true,ingress.host=pods.example", "http://pods.example"],
    [
      "its Ingress with TLS",
      "ingress.enabled=true,ingress.host=pods.example,ingress.tlsSecret=s",
      "https://pods.example",
    ],
    ["no one host", "ingress.enabled=true,ingress.host=*.pods.example", undefined],
    ["a disabled Ingress", "ingress.host=pods.example", undefined],
    ["its Route", "openshift.route.enabled=true,openshift.route.host=pods.example", "https://pods.example"],
    ["a Route whose host the router generates", "openshift.route.enabled=true", undefined],
    [
      "its Route, before its Ingress",
      "openshift.route.enabled=true,openshift.route.host=r.example,ingress.enabled=true,ingress.host=i.example",
      "https://r.example",
    ],
    [
      "the configured address",
      "ingress.enabled=true,ingress.host=pods.example,config.http.public_url=https://w.example",
      "https://w.example",
    ],
  ])("sets the public address to %s", ([, set, url], context) => {
    needs("helm", context);
    const chart = join(ROOT, "deploy/helm/pod-watcher");
    const args = ["template", "pods", chart, "--kube-version", "1.32.0", "--set", set];
    const all = manifests(execFileSync("helm", args, { encoding: "utf8" }));
    const { data } = all.find(({ kind }) => kind === "ConfigMap");
    expect(parse(data["config.yaml"]).http.public_url).toBe(url);
  });

  it.for<[string, RegExp]>([
    ["--set=replicas=2", /replicas: more than 1 requires PostgreSQL/],
    ["--set=auth.mode=token", /auth\.mode: token requires auth\.tokens/],
    ["--set=openshift.oauthProxy.enabled=true", /openshift\.oauthProxy: requires tls\.servingCert/],
    ["--set=ingress.enabled=true", /ingress\.host/],
    [
      "--set=service.port=8443,openshift.oauthProxy.enabled=true,openshift.route.enabled=true,tls.servingCert=true",
      /service\.port: 8443 is used by openshift\.oauthProxy/,
    ],
    ["--set=namespces={shop}", /additional properties 'namespces' not allowed/],
    ["--set=namespaces={Shop}", /does not match pattern/],
  ])("rejects %s with a message", ([set, message], context) => {
    needs("helm", context);
    const args = ["template", "pods", join(ROOT, "deploy/helm/pod-watcher"), "--kube-version", "1.32.0", set];
    expect(() => execFileSync("helm", args, { stdio: "pipe" })).toThrow(message);
  });
});

describe("manifests", () => {
  it.each(everything)("%s has only fields and types that an API server accepts", (_name, all) => {
    expect(all.flatMap(misfits)).toEqual([]);
  });

  it("reports unknown fields and kinds", () => {
    const container = { name: "a", imagePullPolicy: "Sometimes", port: 1, livenessProbe: { periodSeconds: "2" } };
    const template = { spec: { containers: [container] } };
    expect(misfits({ apiVersion: "apps/v1", kind: "Deployment", spec: { replicas: 1, template } })).toEqual([
      "Deployment.spec.selector: is missing",
      "Deployment.spec.template.spec.containers[0].imagePullPolicy: is not 'Always'|'IfNotPresent'|'Never'",
      "Deployment.spec.template.spec.containers[0].port: is not a field of Container",
      "Deployment.spec.template.spec.containers[0].livenessProbe.periodSeconds: is not integer",
    ]);
    expect(misfits({ apiVersion: "apps/v2", kind: "Deployment" })).toEqual(["apps/v2 Deployment: is not a known kind"]);
  });
});

const deployments = everything.flatMap(([name, all]) =>
  all
    .filter(({ kind }) => kind === "Deployment")
    .map((deployment: Manifest): [string, Manifest, Manifest[]] => [name, deployment, [...all]]),
);

describe.each(deployments)("the pod of %s", (_name, deployment, all) => {
  const pod = deployment.spec.template.spec;
  const containers: Manifest[] = [...pod.containers, ...(pod.initContainers ?? [])];

  // https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, and OpenShift's restricted-v2,
  // which chooses the user by itself and refuses one that is pinned.
  it("keeps the restricted profile without a user of its own", () => {
    expect(pod.securityContext.runAsNonRoot).toBe(true);
    expect(pod.securityContext.seccompProfile).toEqual({ type: "RuntimeDefault" });
    expect(pod.securityContext).not.toHaveProperty("runAsUser");
    expect([pod.hostNetwork, pod.hostPID, pod.hostIPC]).toEqual([undefined, undefined, undefined]);
    for (const { securityContext, ports } of containers) {
      expect(securityContext.allowPrivilegeEscalation).toBe(false);
      expect(securityContext.readOnlyRootFilesystem).toBe(true);
      expect(securityContext.capabilities).toEqual({ drop: ["ALL"] });
      expect(securityContext).not.toHaveProperty("runAsUser");
      expect(securityContext).not.toHaveProperty("privileged");
      expect((ports ?? []).some((port: Manifest) => port.hostPort !== undefined)).toBe(false);
    }
    const allowed = ["configMap", "secret", "emptyDir", "persistentVolumeClaim", "projected", "downwardAPI", "csi"];
    for (const { name: _, ...source } of pod.volumes) expect(allowed).toContain(Object.keys(source)[0]);
  });

  it("has limits, probes, and no way in but its own ports", () => {
    const [main] = pod.containers;
    expect(main.resources.limits.memory).toMatch(/^\d+Mi$/);
    expect(main.resources.requests).toMatchObject({ cpu: expect.any(String), memory: expect.any(String) });
    expect(main.livenessProbe.httpGet.path).toBe("/livez");
    expect(main.readinessProbe.httpGet.path).toBe("/readyz");
    expect(main.startupProbe.httpGet.path).toBe("/startupz");
    expect(pod.enableServiceLinks).toBe(false);
  });

  const isSingle = deployment.spec.replicas === 1;

  if (isSingle) {
    it("is reached while it is not ready: then above all its page has something to say", () => {
      const services = all.filter(({ kind }) => kind === "Service");
      expect(services.map(({ spec }) => spec.publishNotReadyAddresses)).toEqual([true]);
    });

    it("lets one process at a time own the state", () => {
      expect(deployment.spec.strategy).toEqual({ type: "Recreate" });
    });
  } else {
    it("has replicas on one database, of which one remains when a node or a version is replaced", () => {
      const { replicas, strategy } = deployment.spec;
      expect(replicas).toBe(2);
      expect(strategy).toEqual({ type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
      expect(all.filter(({ kind }) => kind === "PersistentVolumeClaim")).toEqual([]);
      expect(pod.volumes).toContainEqual({ name: "database", secret: { secretName: "postgres" } });
      const keys = pod.topologySpreadConstraints.map(({ topologyKey }: Manifest) => topologyKey);
      expect(keys).toEqual(["kubernetes.io/hostname", "topology.kubernetes.io/zone"]);
      expect(all.filter(({ kind }) => kind === "PodDisruptionBudget").map(({ spec }) => spec.maxUnavailable)).toEqual([
        1,
      ]);
      // The address of a failed pod would get half of the requests.
      for (const { spec } of all.filter(({ kind }) => kind === "Service")) {
        expect(spec).not.toHaveProperty("publishNotReadyAddresses");
      }
      const [policy] = all.filter(({ kind }) => kind === "NetworkPolicy");
      expect(policy.spec.ingress[0].from).toContainEqual({ podSelector: policy.spec.podSelector });
    });
  }

  it("mounts only what is there, and is what its Service selects", () => {
    const volumes = pod.volumes.map(({ name }: Manifest) => name);
    for (const { volumeMounts } of containers) for (const { name } of volumeMounts) expect(volumes).toContain(name);
    const service = all.find(({ kind }) => kind === "Service");
    expect(deployment.spec.template.metadata.labels).toMatchObject(service.spec.selector);
    expect(deployment.spec.selector.matchLabels).toEqual(service.spec.selector);
    const ports = containers.flatMap((container) => (container.ports ?? []).map(({ name }: Manifest) => name));
    for (const { targetPort } of service.spec.ports) expect(ports).toContain(targetPort);
  });

  it("needs no more than the role view", () => {
    const roles = all.filter(({ kind }) => kind === "Role" || kind === "ClusterRole");
    const bindings = all.filter(({ kind }) => kind === "RoleBinding");
    expect(all.filter(({ kind }) => kind === "ClusterRoleBinding" || kind === "ClusterRole")).toEqual([]);
    for (const { roleRef } of bindings) {
      expect(roleRef.kind === "ClusterRole" ? roleRef.name : "a role of ours").toMatch(/^(view|a role of ours)$/);
    }
    for (const { rules } of roles) {
      const granted = rules.flatMap(({ resources, verbs }: Manifest) =>
        verbs.flatMap((verb: string) => resources.map((resource: string) => `${verb} ${resource}`)),
      );
      const used = ["get pods", "list pods", "watch pods", "get pods/log", "list events", "get namespaces"];
      expect([["create events", "patch events"], used]).toContainEqual(granted);
    }
  });

  it("is configured by a file that the program takes", () => {
    for (const { data } of all.filter(({ kind }) => kind === "ConfigMap")) {
      const parsed = FileSchema.safeParse(parse(data["config.yaml"]));
      expect(parsed.error?.issues ?? []).toEqual([]);
    }
  });
});

describe("with values for OpenShift", () => {
  const [, all] = rendered.find(([name]) => name.includes("openshift"))!;
  const of = (kind: string) => all.filter((manifest) => manifest.kind === kind);

  it("binds view in each watched namespace to the account in its own", () => {
    const views = of("RoleBinding").filter(({ roleRef }) => roleRef.name === "view");
    expect(views.map(({ metadata }) => metadata.namespace)).toEqual(["shop", "billing"]);
    for (const { subjects } of views) {
      expect(subjects).toEqual([{ kind: "ServiceAccount", name: "pods-pod-watcher", namespace: "monitoring" }]);
    }
  });

  it("leads programs with tokens of their own past the sign-in proxy, which takes none", () => {
    const [pages, api] = of("Route");
    const ports = new Map(of("Service")[0].spec.ports.map(({ name, targetPort }: Manifest) => [name, targetPort]));
    expect([pages, api].map(({ spec }) => ports.get(spec.port.targetPort))).toEqual(["oauth", "http"]);
    expect(api.spec.tls).toEqual({ termination: "reencrypt", insecureEdgeTerminationPolicy: "Redirect" });
  });

  it("encrypts up to the pod, and the sign-in proxy checks the upstream's certificate", () => {
    expect(of("Route")[0].spec.tls.termination).toBe("reencrypt");
    const [, proxy] = of("Deployment")[0].spec.template.spec.containers;
    expect(proxy.args).toEqual(
      expect.arrayContaining([
        "--pass-access-token=true",
        "--scope=user:info user:check-access",
        "--upstream=https://pods-pod-watcher.monitoring.svc:8080",
        expect.stringMatching(/^--upstream-ca=/),
      ]),
    );
    expect(of("Deployment")[0].spec.template.spec.containers[0].livenessProbe.httpGet.scheme).toBe("HTTPS");
  });
});

describe("monitoring", () => {
  const rules = parse(read("deploy/helm/pod-watcher/prometheus-rules.yaml")) as Manifest;

  it("the rules have what people need to act", () => {
    const alerts: Manifest[] = rules.groups.flatMap((group: Manifest) => group.rules);
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    for (const { alert, expr, labels, annotations } of alerts) {
      expect(alert).toMatch(/^PodWatcher[A-Z]\w+$/);
      expect(labels.severity).toMatch(/^(warning|critical)$/);
      expect(annotations.summary.length).toBeGreaterThan(10);
      expect(annotations.description.length).toBeGreaterThan(20);
      expect([...expr.matchAll(/[([{]/g)].length).toBe([...expr.matchAll(/[)\]}]/g)].length);
    }
  });

  it("Prometheus itself takes the rules", (context) => {
    needs("promtool", context, "--version");
    const check = () =>
      execFileSync("promtool", ["check", "rules", join(ROOT, "deploy/helm/pod-watcher/prometheus-rules.yaml")], {
        encoding: "utf8",
        stdio: "pipe",
      });
    expect(check()).toMatch(/SUCCESS: \d+ rules found/);
  });

  it("the manifest of its own is made from the chart's rules (npm run docs)", () => {
    const manifest = parse(read("deploy/monitoring/prometheus-rule.yaml")) as Manifest;
    expect(manifest).toMatchObject({ kind: "PrometheusRule", spec: rules });
  });

  it("the dashboard's panels lie side by side and name their source", () => {
    const { panels, templating } = JSON.parse(read("deploy/monitoring/grafana-dashboard.json")) as Manifest;
    expect(templating.list.map(({ name }: Manifest) => name)).toEqual(["datasource", "namespace"]);
    const cells = new Set<string>();
    for (const { title, gridPos, targets } of panels) {
      expect(targets.length, title).toBeGreaterThan(0);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(cells.has(`${x},${y}`), `${title} lies over another`).toBe(false);
          cells.add(`${x},${y}`);
        }
      }
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    }
  });
});

describe("the Containerfile", () => {
  const lines = read("Containerfile").split("\n");

  it("ends as a user other than root, with a health check and without a shell of its own", () => {
    expect(lines.filter((line) => line.startsWith("USER ")).at(-1)).toBe("USER 1001");
    expect(lines.some((line) => line.startsWith("HEALTHCHECK"))).toBe(true);
    for (const line of lines.filter((text) => /^(ENTRYPOINT|CMD)/.test(text))) expect(line).toMatch(/\[/);
  });

  it("begins from images of a version, not from whatever is the latest", () => {
    const bases = lines.flatMap((line) => /^FROM (\S+)/.exec(line)?.[1] ?? []);
    expect(bases).toHaveLength(2);
    for (const base of bases) expect(base).toMatch(/:\d+\.\d+$/);
  });

  it.each(["http", "https"])(
    "has a health check that finds the program over %s, and fails when it is unhealthy",
    async (scheme) => {
      const check = lines.find((line) => line.startsWith("  CMD ["))!;
      const [, ...args] = JSON.parse(check.replace("  CMD ", "")) as string[];
      let status = 200;
      const answer: RequestListener = (request, response) =>
        void response.writeHead(request.url === "/livez" ? status : 404).end();
      const { keyPem: key, certPem: cert } = createCertificateAuthority().issueServer(["localhost"]);
      const server = scheme === "http" ? createServer(answer) : createTlsServer({ key, cert }, answer);
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const env = { PORT: String((server.address() as AddressInfo).port) };
      const exitCode = () =>
        once(spawn(process.execPath, args, { env, stdio: "ignore" }), "exit").then(([code]) => code);
      try {
        expect(await exitCode()).toBe(0);
        status = 503;
        expect(await exitCode()).toBe(1);
      } finally {
        server.closeAllConnections();
        server.close();
      }
      expect(await exitCode()).toBe(1);
    },
  );

  it("copies only what is there, or is made before", () => {
    const copied = lines.flatMap((line) => [...line.matchAll(/\/build\/([\w./-]+)/g)].map(([, path]) => path!));
    const made = ["dist", "ui/dist", "sbom.cdx.json"];
    for (const path of copied) {
      expect(made.includes(path) || globSync(path, { cwd: ROOT }).length === 1, path).toBe(true);
    }
  });
});

it("kustomize was there to check with", (context) => needs("kubectl", context));
