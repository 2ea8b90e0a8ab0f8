/** Whether the commands of docs/openshift.md and the OpenShift manifests produce what the manifests for it promise. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";

const ROOT = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const page = read("docs/openshift.md");
const template = parse(read("deploy/openshift/template.yaml"));

/** The shell commands of a page, in order, each on one line. */
const commands = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) =>
  block!
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => /^(oc|helm|npm) /.test(line)),
);

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
