import { KNOWN_VARIABLES } from "./settings.ts";

/** The environment variables of a process, as strings. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A copy of the variables of the process. Nothing else reads `process.env`. */
export function readEnvironment(): Environment {
  return { ...process.env };
}

/** Where the API server is and how to reach it, from the environment. */
export interface HostEnvironment {
  /** In a pod: the address of the API server. */
  readonly service: { readonly host: string; readonly port: string } | undefined;
  /** $KUBECONFIG: paths in order, empty when not set. */
  readonly kubeconfig: readonly string[];
  /** Undefined in a container with an unknown user, where `os.homedir()` would throw. */
  readonly home: string | undefined;
  readonly httpsProxy: string | undefined;
  readonly noProxy: string | undefined;
}

export function hostEnvironment(environment: Environment): HostEnvironment {
  const host = given(environment, "KUBERNETES_SERVICE_HOST");
  const port = given(environment, "KUBERNETES_SERVICE_PORT") ?? "443";
  return {
    service: host === undefined ? undefined : { host, port },
    kubeconfig: (given(environment, "KUBECONFIG") ?? "").split(":").filter((path) => path !== ""),
    home: given(environment, "HOME"),
    httpsProxy: given(environment, "HTTPS_PROXY") ?? given(environment, "https_proxy"),
    noProxy: given(environment, "NO_PROXY") ?? given(environment, "no_proxy"),
  };
}

/** The value of a variable. An empty one counts as not given, because templates set parameters without a value to "". */
export function given(environment: Environment, name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === "" ? undefined : value;
}

/**
 * Variables with one of our prefixes that this program does not know. Variables that the platform sets are not among
 * them: those of builds, and the links to every Service of the namespace (`NAME_SERVICE_HOST`, `NAME_PORT`, …).
 */
export function unknownVariables(environment: Environment): readonly string[] {
  return Object.keys(environment).filter(
    (name) =>
      /^(OPENSHIFT|PODMONITOR|POD_WATCHER|RESTART|PM)_/.test(name) &&
      !/^OPENSHIFT_BUILD_|^POD_WATCHER_TEST_|_SERVICE_(HOST|PORT)|_PORT(_\d+_|$)/.test(name) &&
      !KNOWN_VARIABLES.has(name),
  );
}
