import { expect, it } from "vitest";
import type { ApiRequest } from "./api-request.ts";
import { wantedPods } from "./wanted-pods.ts";

const answering = (status: number, body: unknown) => {
  const paths: string[] = [];
  const request = (async ({ path }: { readonly path: string }) => {
    paths.push(path);
    return { status, body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)) };
  }) as unknown as ApiRequest;
  return { paths, request };
};

it.each`
  kind                  | body                                         | path                                                                  | wanted
  ${"Deployment"}       | ${{ spec: { replicas: 4 } }}                 | ${"/apis/apps/v1/namespaces/shop/deployments/web"}                    | ${4}
  ${"StatefulSet"}      | ${{ spec: { replicas: 0 } }}                 | ${"/apis/apps/v1/namespaces/shop/statefulsets/web"}                   | ${0}
  ${"DaemonSet"}        | ${{ status: { desiredNumberScheduled: 6 } }} | ${"/apis/apps/v1/namespaces/shop/daemonsets/web"}                     | ${6}
  ${"DeploymentConfig"} | ${{ spec: { replicas: 1 } }}                 | ${"/apis/apps.openshift.io/v1/namespaces/shop/deploymentconfigs/web"} | ${1}
  ${"Deployment"}       | ${{ spec: { replicas: "4" } }}               | ${"/apis/apps/v1/namespaces/shop/deployments/web"}                    | ${undefined}
  ${"Deployment"}       | ${"not JSON"}                                | ${"/apis/apps/v1/namespaces/shop/deployments/web"}                    | ${undefined}
`("a $kind with $body wants $wanted", async ({ kind, body, path, wanted }) => {
  const { request, paths } = answering(200, body);
  expect(await wantedPods(request, "shop", kind, "web")).toBe(wanted);
  expect(paths).toEqual([path]);
});

it("knows nothing of what it may not read, or of another kind", async () => {
  expect(await wantedPods(answering(403, {}).request, "shop", "Deployment", "web")).toBeUndefined();
  const { request, paths } = answering(200, {});
  for (const kind of ["Rollout", "constructor", "__proto__"]) {
    expect(await wantedPods(request, "shop", kind, "web")).toBeUndefined();
  }
  expect(paths).toEqual([]);
});
