import { startControlPlane } from "./control-plane.ts";
import { buildControlPlane, kubernetesVersion } from "./control-plane-build.ts";

/**
 * Vitest's global setup of `npm run test:cluster`: a control plane for all tests, unless POD_WATCHER_TEST_KUBECONFIG names
 * another cluster. Tests that stop or freeze the API server start one of their own from POD_WATCHER_TEST_CONTROL_PLANE.
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  const { env } = process;
  if (env.POD_WATCHER_TEST_KUBECONFIG) return undefined;
  const version = kubernetesVersion(env.POD_WATCHER_TEST_KUBERNETES || "1.37");
  const binary = await buildControlPlane(version);
  if (binary === undefined) return undefined;
  const controlPlane = await startControlPlane(binary, version.emulated);
  env.POD_WATCHER_TEST_KUBECONFIG = controlPlane.kubeconfig;
  env.POD_WATCHER_TEST_CONTROL_PLANE = binary;
  env.POD_WATCHER_TEST_EMULATED_VERSION = version.emulated ?? "";
  return async () => {
    await controlPlane[Symbol.asyncDispose]();
  };
}
