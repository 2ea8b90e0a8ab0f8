/** Whether the commands of docs/openshift.md and the OpenShift manifests produce what the manifests for it promise. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { type Manifest, manifests, shippedManifests } from "./support/manifests.ts";
import { COMMANDS, KINDS, RUN_THE_IMAGE } from "./support/openshift-commands.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const page = read("docs/openshift.md");
const template = parse(read("deploy/openshift/template.yaml"));

/** The commands for the cluster, in order, each on one line, with the heading that they follow. */
const documented = page.split(/^## /m).flatMap((section) =>
  [...section.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) =>
    block!
      .replace(/\\\n\s*/g, "")
      .split("\n")
      .filter((line) => /^(oc|helm) /.test(line))
      .map((command) => ({ section: section.split("\n")[0]!, command })),
  ),
);
const commands = documented.map(({ command }) => command);

it("each command is listed with its objects, in this order", () => {
  const listed = COMMANDS.map(({ section, command }) => ({ section, command }));
  expect(documented).toEqual(listed);
});

it("each command uses only objects that an earlier command of its section, or the image, has created", () => {
  const image = COMMANDS.filter(({ section }) => section === "Image").flatMap(({ creates = [] }) => creates);
  for (const { section, command, uses = [] } of COMMANDS) {
    const before = COMMANDS.slice(
      0,
      COMMANDS.findIndex((one) => one.section === section && one.command === command),
    );
    const own = before.filter((one) => one.section === section).flatMap(({ creates = [] }) => creates);
    const known = [...own, ...(RUN_THE_IMAGE.has(section) ? image : [])];
    expect([command, uses.filter((object) => !known.includes(object))]).toEqual([command, []]);
  }
});

it("each object that a command names is in its list", () => {
  for (const { command, creates = [], uses = [] } of COMMANDS) {
    const named = [...command.matchAll(/(?:^| )(deployment|service|bc)\/([\w-]+)/g)].map(
      ([, kind, name]) => `${KINDS[kind!]}/${name}`,
    );
    const account = /serviceaccount:\w[\w-]*:([\w-]+)/.exec(command)?.[1];
    const all = account === undefined ? named : [...named, `ServiceAccount/${account}`];
    for (const object of all) expect([command, ...creates, ...uses]).toContain(object);
  }
});

it("the manifests have the listed objects", () => {
  const created = (section: string, start: string) =>
    COMMANDS.find((one) => one.section === section && one.command.startsWith(start))?.creates?.toSorted();
  const sources = new Map(shippedManifests().map(([source, all]) => [source, all] as const));
  const objects = (source: string) => [...new Set(sources.get(source)?.map(nameOf))].toSorted();
  expect(objects("OpenShift template")).toEqual(created("With the template", "oc process"));
  const overlay = objects("kustomize OpenShift");
  if (overlay.length > 0) expect(overlay).toEqual(created("With kustomize", "oc apply"));
});

it("the chart creates the listed objects with the documented values", (context) => {
  const { command, creates } = COMMANDS.find((one) => one.section === "With Helm")!;
  const values = [...command.matchAll(/--set (?:'([^']+)'|(\S+))/g)].flatMap(([, quoted, plain]) => [
    "--set",
    quoted ?? plain!,
  ]);
  const args = ["template", "pod-watcher", "deploy/helm/pod-watcher", "-n", "monitoring", "--kube-version", "1.32.0"];
  let output: string;
  try {
    output = execFileSync("helm", [...args, ...values], { cwd: ROOT, encoding: "utf8" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return context.skip("helm is not installed");
  }
  const objects = manifests(output).map((manifest) => {
    const { namespace } = manifest.metadata;
    return namespace === undefined ? nameOf(manifest) : `${nameOf(manifest)} in ${namespace}`;
  });
  expect(objects.toSorted()).toEqual(creates?.toSorted());
});

/** The hash at the end of the ConfigMap's name is the generator's. */
function nameOf({ kind, metadata }: Manifest): string {
  return `${kind}/${metadata.name.replace(/^(pod-watcher)-[a-z0-9]{10}$/, "$1")}`;
}

it("the documented probes are those of the template", () => {
  const { spec } = template.objects.find(({ kind }: { kind: string }) => kind === "Deployment").spec.template;
  for (const kind of ["startup", "liveness", "readiness"]) {
    const { httpGet, timeoutSeconds, periodSeconds, failureThreshold } = spec.containers[0][`${kind}Probe`];
    const command = commands.find((line) => line.startsWith(`oc set probe deployment/pod-watcher --${kind} `));
    const flag = (name: string) => new RegExp(`--${name}=(\\S+)`).exec(command ?? "")?.[1];
    expect(flag("get-url")).toBe(`http://:8080${httpGet.path}`);
    expect(flag("period-seconds")).toBe(String(periodSeconds));
    expect(flag("timeout-seconds")).toBe(timeoutSeconds && String(timeoutSeconds));
    expect(flag("failure-threshold")).toBe(failureThreshold && String(failureThreshold));
  }
});

it("two processes never share the volume: the strategy is Recreate before it is added", () => {
  const recreate = commands.findIndex((line) => line.includes('"Recreate"'));
  const volume = commands.findIndex((line) => line.startsWith("oc set volume deployment/pod-watcher --add"));
  expect(recreate).toBeGreaterThan(-1);
  expect(recreate).toBeLessThan(volume);
});

it("the kustomize overlay pulls its image from its own project, which needs no system:image-puller", () => {
  const { namespace, images } = parse(read("deploy/kustomize/openshift/kustomization.yaml"));
  expect(images[0].newName).toBe(`image-registry.openshift-image-registry.svc:5000/${namespace}/pod-watcher`);
});

it("the template's message has names that work without a parameter", () => {
  const values = new Map<string, string>(
    template.parameters.map(({ name, value }: { name: string; value: string }) => [name, value]),
  );
  const message = template.message.replace(/\$\{(\w+)\}/g, (_all: string, name: string) => values.get(name));
  expect(message).toContain(
    "oc policy add-role-to-user view system:serviceaccount:$(oc project -q):pod-watcher -n shop",
  );
});

it("the image of oauth-proxy is chosen by the version of OpenShift", () => {
  const { image } = parse(read("deploy/helm/pod-watcher/values.yaml")).openshift.oauthProxy;
  expect(page).toContain(image.split(":")[0].split("/").at(-1));
  expect(page).toContain("openshift.oauthProxy.image");
});

it("the link in the console is a ConsoleLink for the watched projects of the page", () => {
  const { apiVersion, kind, spec } = parse(read("deploy/openshift/console-link.yaml"));
  expect(`${apiVersion} ${kind}`).toBe("console.openshift.io/v1 ConsoleLink");
  expect(spec).toEqual({
    href: expect.stringMatching(/^https:\/\//),
    text: "Pod Watcher",
    location: "NamespaceDashboard",
    namespaceDashboard: { namespaces: ["shop", "billing"] },
  });
});
