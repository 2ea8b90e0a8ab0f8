import type { Duration } from "../../core/model/time.ts";
import type { AccessReview } from "../../ports/access.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Evidence } from "../../ports/evidence.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { Notifications } from "../../ports/notifications.ts";
import type { ConfigView } from "../../ports/settings.ts";
import type { Store } from "../../ports/store.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Registry } from "../../telemetry/metrics.ts";
import type { AcknowledgeDeps } from "../api/acknowledge.ts";
import type { ConfigLoad } from "../api/config-view.ts";
import type { SelfHostnames } from "../auth/auth-origin.ts";
import type { AuthOptions } from "../auth/types.ts";
import type { PolicyFor } from "../rows/containers.ts";
import type { PresentProblem } from "../rows/system-problems.ts";
import type { ReadWantedPods } from "../rows/wanted-pods.ts";
import type { TlsFiles } from "./tls.ts";

/** The ports that the HTTP server uses, and the current state of the program. */
export interface HttpDeps {
  readonly live: LiveState;
  readonly store: Store;
  readonly notifications: Notifications;
  readonly evidence: Evidence;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Checks with Kubernetes what a caller may see, in the mode `kubernetes`. */
  readonly access: AccessReview;
  /** The policy for a pod of this namespace with these annotations; "" for the policy without overrides. */
  readonly policyFor: PolicyFor;
  /** How long after an incident was resolved a new alert reopens it. */
  readonly incidentJoin: () => Duration;
  /** How many pods a controller wants; undefined where that cannot be read. */
  readonly wantedPods: ReadWantedPods;
  /** The settings in force now. */
  readonly configView: () => ConfigView;
  /** How the configuration was last loaded. */
  readonly configLoad: () => ConfigLoad;
  readonly acknowledge: AcknowledgeDeps["acknowledge"];
  /** Why the last commit failed; undefined when it succeeded. */
  readonly commitProblem: () => string | undefined;
  /** Other problems that concern more than one namespace. */
  readonly problems: () => readonly PresentProblem[];
  /** Whether the stored state is loaded and watching has started. */
  readonly started: () => boolean;
  /** Whether namespace discovery has succeeded once; always true with configured namespaces. */
  readonly namespacesKnown: () => boolean;
  /** Of the Kubernetes API, such as `v1.34.2`; undefined before its first answer. */
  readonly kubernetesVersion: () => string | undefined;
  /** Server clock minus the API server's clock, in milliseconds; undefined where unknown. */
  readonly clockSkew: () => Duration | undefined;
}

/** Settings of the HTTP server. The configuration schema has the defaults. */
export interface HttpOptions {
  /** Listen address, such as 127.0.0.1 or ::. */
  readonly bind: string;
  /** 0 selects a free port. */
  readonly port: number;
  /** Path under which a proxy serves this program: empty, or starts with `/` and does not end with one. */
  readonly pathPrefix: string;
  /** Address at which people reach the page, without a trailing slash; used in links. */
  readonly publicUrl: string | undefined;
  readonly version: string;
  /** host[:port] of the API server, for display. */
  readonly apiHost: string;
  /** IANA name; for the local times of the legacy endpoints. */
  readonly timeZone: string;
  readonly includeEvents: boolean;
  readonly pageRefreshSeconds: number;
  readonly auth: AuthOptions;
  /** Further accepted values of the Host header, in the mode `none`. */
  readonly hosts: readonly string[];
  /** The names of this pod in its cluster, which are accepted as well. */
  readonly own: SelfHostnames | undefined;
  /** Addresses and networks of proxies whose X-Forwarded-For is trusted. */
  readonly trustedProxies: readonly string[];
  /** Files of the serving certificate, reloaded when they change; undefined for plain HTTP. */
  readonly tls: TlsFiles | undefined;
  /** Per caller. */
  readonly requestsPerMinute: number;
  /** Rejected tokens per address. */
  readonly failedLoginsPerMinute: number;
  /** Concurrent streams, and concurrent long polls. */
  readonly maxStreams: number;
  /** The same, per authenticated caller. */
  readonly maxStreamsPerCaller: number;
  readonly maxConsumers: number;
  /** Folder of the built page (`ui/dist`). Without it `/` serves the page without JavaScript. */
  readonly staticFolder: string | undefined;
  /** sqlite or postgres, for display. */
  readonly storeKind: string;
  /** True when the watched namespaces are discovered, false when they are configured. */
  readonly discoversNamespaces: boolean;
  /** Base address of the OpenShift console, without a trailing slash. */
  readonly consoleUrl: string | undefined;
  /** The page asks for confirmation of silences above these. */
  readonly confirmSilence: { readonly containers: number; readonly duration: Duration };
  /** Command line of the commands that the page offers to copy. */
  readonly cli: "oc" | "kubectl";
}
