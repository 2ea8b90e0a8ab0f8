import type { Duration } from "../../core/model/time.ts";
import type { AccessReview } from "../../ports/access.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Evidence } from "../../ports/evidence.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { Store } from "../../ports/store.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Registry } from "../../telemetry/metrics.ts";
import type { ConfigLoad } from "../api/config-view.ts";
import type { Notifications } from "../api/notifications-port.ts";
import type { AuthOptions } from "../auth/auth.ts";
import type { SelfHostnames } from "../auth/auth-origin.ts";
import type { HealthDetails } from "../base/api-types.ts";
import type { ConfigView } from "../page/config-page.ts";
import type { PolicyFor } from "../rows/containers.ts";
import type { PresentProblem } from "../rows/general-problems.ts";
import type { TlsFiles } from "./tls.ts";

/** What the HTTP side needs of the others: ports, and what `app.ts` knows. */
export interface HttpDeps {
  readonly live: LiveState;
  readonly store: Store;
  /** Silences and receivers; nobody is told of anything when not given. */
  readonly telling?: Notifications;
  readonly evidence: Evidence;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Asks Kubernetes what a caller may see; needed in the mode `kubernetes`. */
  readonly access?: AccessReview;
  /** The rules in force for a pod of this namespace with these annotations; "" for where nothing else is said. */
  readonly policyFor: PolicyFor;
  /** What the configuration amounts to at this moment. */
  readonly configView: () => ConfigView;
  /** Why the last commit failed; undefined when it succeeded. */
  readonly commitProblem: () => string | undefined;
  /** What else is not well beyond one namespace. */
  readonly problems?: () => readonly PresentProblem[];
  /** Whether what was remembered is loaded and watching has begun. */
  readonly started: () => boolean;
  /** Whether it is known which namespaces are to be watched; it is when not given. */
  readonly namespacesKnown?: () => boolean;
  /** How the configuration came to be in force; as it was at the start when not given. */
  readonly configLoad?: () => ConfigLoad;
  /** Of the Kubernetes API, such as `v1.34.2`; undefined before it answered. */
  readonly kubernetesVersion?: () => string | undefined;
  /** Server clock minus API server's clock; undefined where not known. */
  readonly clockSkew?: () => Duration | undefined;
  /** With several replicas: which one this is, and what it watches. */
  readonly replica?: () => HealthDetails["replica"];
}

export interface HttpOptions {
  /** Address to listen at, such as 127.0.0.1 or ::. */
  readonly bind: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Where a proxy in front serves this program: empty, or begins with `/` and does not end with one. */
  readonly pathPrefix: string;
  /** How people reach the page, for links that leave it. */
  readonly publicUrl: string | undefined;
  readonly version: string;
  /** host[:port] of the API server, for people. */
  readonly apiHost: string;
  /** IANA name; of the local times in the legacy answers. */
  readonly timeZone: string;
  readonly includeEvents: boolean;
  readonly pageRefreshSeconds: number;
  /** Who may call. Without it everybody, which is allowed at a loop-back address alone. */
  readonly auth?: AuthOptions;
  /** Further values of the Host header to answer to, in the mode `none`. */
  readonly hosts?: readonly string[];
  /** What the cluster calls this pod: it answers to these names, too. */
  readonly own?: SelfHostnames;
  /** Addresses and networks of proxies in front, whose X-Forwarded-For says where a request comes from. */
  readonly trustedProxies?: readonly string[];
  /** Serves HTTPS with HTTP/2 and HTTP/1.1 by these files, which are read again when they change. */
  readonly tls?: TlsFiles | undefined;
  /** Of one caller; 1,200 when not given. */
  readonly requestsPerMinute?: number;
  /** Wrong tokens from one address; 120 when not given. */
  readonly failedLoginsPerMinute?: number;
  /** Pages that may follow the stream at once; 500 when not given. */
  readonly maxStreams?: number;
  /** Of one caller who is signed in, of pages and of long polls each; 50 when not given. */
  readonly maxStreamsPerCaller?: number;
  /** Names under which alerts are pulled; 100 when not given. */
  readonly maxConsumers?: number;
  /** The folder of the built page (`ui/dist`); the page without JavaScript takes its place where there is none. */
  readonly staticFolder?: string | undefined;
  /** Whether to serve /api/docs, which needs the files of @fastify/swagger-ui beside the program; true when not given. */
  readonly apiDocs?: boolean;
  /** sqlite or postgres, for people. */
  readonly storeKind?: string;
  /** What is watched, in words, such as `namespaces shop, payments`; made from the namespaces when not given. */
  readonly selector?: string;
  /** Base address of the OpenShift console, without a trailing slash. */
  readonly consoleUrl?: string | undefined;
  /** Above these the page asks twice before it silences; 50 containers and a day when not given. */
  readonly confirmSilence?: { readonly containers: number; readonly length: Duration };
  /** Which command line the copied commands use; kubectl when not given. */
  readonly cli?: "oc" | "kubectl";
}
