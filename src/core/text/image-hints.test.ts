import { describe, expect, it } from "vitest";
import { imageHint } from "./image-hints.ts";

describe("imageHint", () => {
  it.each`
    explanation                            | message
    ${"cannot be reached"}                 | ${'failed to pull and unpack image "registry.invalid/none/none:1": failed to resolve reference: failed to do request: Head "https://registry.invalid/v2/": dial tcp: lookup registry.invalid on 10.0.0.2:53: no such host'}
    ${"cannot be reached"}                 | ${"rpc error: code = DeadlineExceeded desc = context deadline exceeded"}
    ${"denies access"}                     | ${'failed to resolve reference "docker.io/acme/app:1": pull access denied, repository does not exist or may require authorization'}
    ${"denies access"}                     | ${"unable to retrieve auth token: invalid username/password: unauthorized: authentication required"}
    ${"rate limit"}                        | ${"toomanyrequests: You have reached your unauthenticated pull rate limit"}
    ${"not trusted"}                       | ${"tls: failed to verify certificate: x509: certificate signed by unknown authority"}
    ${"image or tag does not exist"}       | ${"reading manifest 2.0 in quay.io/acme/app: manifest unknown: manifest unknown"}
    ${"CPU architecture"}                  | ${"no match for platform in manifest: not found"}
    ${"disk is full"}                      | ${"write /var/lib/containers/storage/x: no space left on device"}
    ${"does not contain a registry"}       | ${"short name mode is enforcing, but image name app:1 returns ambiguous list"}
    ${"internal registry"}                 | ${"reading manifest latest in image-registry.openshift-image-registry.svc:5000/base/java: authentication required"}
    ${"internal registry does not answer"} | ${'pinging container registry image-registry.openshift-image-registry.svc:5000: Get "https://image-registry.openshift-image-registry.svc:5000/v2/": dial tcp 172.30.12.7:5000: connect: connection refused'}
    ${"internal registry does not answer"} | ${"reading manifest latest in image-registry.openshift-image-registry.svc:5000/shop/web: received unexpected HTTP status: 503 Service Unavailable"}
    ${"image stream does not have"}        | ${"reading manifest v9 in image-registry.openshift-image-registry.svc:5000/shop/web: manifest unknown"}
  `("$explanation: $message", ({ explanation, message }) => {
    expect(imageHint(message)?.explanation).toContain(explanation);
    expect(imageHint(message)?.remedy).toMatch(/^[A-Z].+\.$/);
  });

  it.each`
    explanation                       | image                              | message
    ${"image or tag does not exist"}  | ${"r.example/mon/x509-exporter:3"} | ${'rpc error: code = NotFound desc = failed to pull and unpack image "r.example/mon/x509-exporter:3": failed to resolve reference "r.example/mon/x509-exporter:3": r.example/mon/x509-exporter:3: not found'}
    ${"image or tag does not exist"}  | ${"unauthorized/rate-limit:1"}     | ${'failed to resolve reference "docker.io/unauthorized/rate-limit:1": docker.io/unauthorized/rate-limit:1: not found'}
    ${"image or tag does not exist"}  | ${"certificate:1"}                 | ${"initializing source docker://certificate:1: reading manifest 1 in docker.io/library/certificate: manifest unknown"}
    ${"image or tag does not exist"}  | ${"short-name:1"}                  | ${"reading manifest 1 in docker.io/library/short-name: name unknown: repository name not known to registry"}
    ${"image or tag does not exist"}  | ${"r.example/no-space-left:1"}     | ${"unexpected status from HEAD request to https://r.example/v2/no-space-left/manifests/1: 404 Not Found"}
    ${"certificate has expired"}      | ${"harbor.example/shop/app:7"}     | ${'failed to do request: Head "https://harbor.example/v2/shop/app/manifests/7": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-24T08:00:04Z is after 2026-11-22T05:48:45Z'}
    ${"certificate is not valid yet"} | ${"harbor.example/shop/app:7"}     | ${'Head "https://harbor.example/v2/": x509: certificate has expired or is not yet valid: current time 2026-11-24T08:00:04Z is before 2026-11-25T05:48:45Z'}
    ${"for another host name"}        | ${"harbor/shop/app:7"}             | ${'Head "https://harbor/v2/": tls: failed to verify certificate: x509: certificate is valid for harbor.example, not harbor'}
    ${"for another host name"}        | ${"10.1.2.3/shop/app:7"}           | ${"x509: cannot validate certificate for 10.1.2.3 because it doesn't contain any IP SANs"}
    ${"certificate is not trusted"}   | ${"harbor.example/expired:7"}      | ${'Get "https://harbor.example/v2/": x509: certificate signed by unknown authority'}
    ${"TLS connection"}               | ${"harbor.example/a:7"}            | ${'Get "https://harbor.example/v2/": remote error: tls: handshake failure'}
    ${"answers without TLS"}          | ${"harbor.example/a:7"}            | ${'Head "https://harbor.example/v2/": http: server gave HTTP response to HTTPS client'}
    ${"login in the pull secret"}     | ${"1.ecr.example/a:7"}             | ${"unexpected status: 403 Forbidden: denied: Your authorization token has expired. Reauthenticate and try again."}
    ${"registry denies access"}       | ${"r.example/a:7"}                 | ${"unexpected status from HEAD request to https://r.example/v2/a/manifests/7: 403 Forbidden"}
    ${"registry denies access"}       | ${"r.example/not-found:7"}         | ${"failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://r.example/token: 401 Unauthorized"}
    ${"rate limit of the registry"}   | ${"r.example/a:7"}                 | ${"unexpected status from HEAD request to https://r.example/v2/a/manifests/7: 429 Too Many Requests"}
    ${"node's limit for image pulls"} | ${"r.example/a:7"}                 | ${"pull QPS exceeded"}
    ${"name not resolved"}            | ${"denied.example/a:7"}            | ${'Head "https://denied.example/v2/": dial tcp: lookup denied.example on 10.0.0.2:53: no such host'}
    ${"connection refused"}           | ${"r.example/a:7"}                 | ${'Head "https://r.example/v2/": dial tcp 10.0.0.9:443: connect: connection refused'}
    ${"no route"}                     | ${"r.example/a:7"}                 | ${'Head "https://r.example/v2/": dial tcp 10.0.0.9:443: connect: no route to host'}
    ${"reached in time"}              | ${"r.example/a:7"}                 | ${'Head "https://r.example/v2/": dial tcp 10.0.0.9:443: i/o timeout'}
    ${"through its proxy"}            | ${"r.example/a:7"}                 | ${'Head "https://r.example/v2/": proxyconnect tcp: dial tcp 10.0.0.3:3128: connect: connection refused'}
    ${"registry fails to answer"}     | ${"r.example/denied:7"}            | ${"GET https://r.example/v2/denied/manifests/7 502 Bad Gateway"}
    ${"registry fails to answer"}     | ${"r.example/a:7"}                 | ${"unexpected status from HEAD request to https://r.example/v2/a/manifests/7: 503 Service Unavailable"}
    ${"does not support the format"}  | ${"r.example/a:7"}                 | ${"media type application/vnd.docker.distribution.manifest.v1+prettyjws is no longer supported since containerd v2.0, please rebuild the image"}
    ${"does not support the format"}  | ${"r.example/a:7"}                 | ${"unexpected media type text/html for sha256:6fa3d79484b3d64c2c66cf899ce780c7977e69c449d1c4320c36440e916b24a8: not found"}
    ${"CPU architecture"}             | ${"r.example/a:7"}                 | ${'choosing image instance: no image found in image index for architecture "arm64", variant "v8", OS "linux"'}
    ${"signature does not meet"}      | ${"r.example/a:7"}                 | ${"Source image rejected: A signature was required, but no signature exists"}
    ${"contains capital letters"}     | ${"r.example/A:7"}                 | ${"couldn't parse image name: invalid reference format: repository name (A) must be lowercase"}
    ${"does not contain a registry"}  | ${"app:7"}                         | ${'short-name "app:7" did not resolve to an alias and no unqualified-search registries are defined'}
  `("the registry's error decides, not a name: $explanation: $message", ({ explanation, image, message }) => {
    expect(imageHint(message, image)?.explanation).toContain(explanation);
    expect(imageHint(message, image)?.remedy).toMatch(/^[A-Z].+\.$/);
  });

  /** From issues of the projects named in the images, and from the kubelet, CRI-O and containers/image. */
  it.each`
    explanation                              | image                                                                  | message
    ${"CPU architecture"}                    | ${"docker.io/grafana/grafana:7.5.17"}                                  | ${'rpc error: code = Unknown desc = choosing image instance: no image found in manifest list for architecture s390x, variant "", OS linux'}
    ${"image or tag does not exist"}         | ${"quay.io/hpestorage/csi-driver-operator@sha256:826c"}                | ${'Back-off pulling image "quay.io/hpestorage/csi-driver-operator@sha256:826c": ErrImagePull: unable to pull image or OCI artifact: pull image err: initializing source docker://quay.io/hpestorage/csi-driver-operator@sha256:826c: reading manifest sha256:826c in quay.io/hpestorage/csi-driver-operator: manifest unknown; artifact err: get manifest: build image source: reading manifest sha256:826c in quay.io/hpestorage/csi-driver-operator: manifest unknown'}
    ${"signature does not meet"}             | ${"quay.io/crio/signed:latest"}                                        | ${"image pull failed for quay.io/crio/signed:latest because the signature validation failed: Source image rejected: A signature was required, but no signature exists"}
    ${"signature does not meet"}             | ${"registry.access.redhat.com/ubi9/ubi-micro:latest"}                  | ${"image pull failed for registry.access.redhat.com/ubi9/ubi-micro:latest because the signature validation failed: unable to pull image or OCI artifact: pull image err: copying system image from manifest list: Source image rejected: None of the signatures were accepted, reasons: cryptographic signature verification failed"}
    ${"signature does not meet"}             | ${"quay.io/crio/signed:latest"}                                        | ${"image pull failed for quay.io/crio/signed:latest because the signature validation failed"}
    ${"does not allow this registry"}        | ${"docker.io/library/busybox:1"}                                       | ${"copying system image from manifest list: Source image rejected: Running image docker://busybox:1 is rejected by policy."}
    ${"its name is not valid"}               | ${"https://harbor.example/release/name:1.1.0"}                         | ${'Failed to apply default image tag "https://harbor.example/release/name:1.1.0": couldn\'t parse image name "https://harbor.example/release/name:1.1.0": invalid reference format'}
    ${"its name is not valid"}               | ${":py3.8-v1"}                                                         | ${'Failed to apply default image tag ":py3.8-v1": couldn\'t parse image reference ":py3.8-v1": invalid reference format'}
    ${"contains capital letters"}            | ${"None:None"}                                                         | ${'Failed to apply default image tag "None:None": couldn\'t parse image reference "None:None": invalid reference format: repository name must be lowercase'}
    ${"internal registry does not answer"}   | ${"image-registry.openshift-image-registry.svc:5000/openshift/tools"}  | ${'rpc error: code = Unknown desc = pinging container registry image-registry.openshift-image-registry.svc:5000: Get "https://image-registry.openshift-image-registry.svc:5000/v2/": dial tcp: lookup image-registry.openshift-image-registry.svc on 10.0.0.2:53: read udp 10.0.0.6:33734->10.0.0.2:53: i/o timeout'}
    ${"internal registry does not answer"}   | ${"image-registry.openshift-image-registry.svc:5000/mas/maxinst:1"}    | ${'initializing source docker://image-registry.openshift-image-registry.svc:5000/mas/maxinst:1: pinging container registry image-registry.openshift-image-registry.svc:5000: Get "https://image-registry.openshift-image-registry.svc:5000/v2/": dial tcp: lookup image-registry.openshift-image-registry.svc.cluster.local: no such host'}
    ${"may not pull from the internal"}      | ${"image-registry.openshift-image-registry.svc:5000/base/java:17"}     | ${"initializing source docker://image-registry.openshift-image-registry.svc:5000/base/java:17: reading manifest 17 in image-registry.openshift-image-registry.svc:5000/base/java: authentication required"}
    ${"image stream does not have this tag"} | ${"image-registry.openshift-image-registry.svc:5000/shop/web:v9"}      | ${"initializing source docker://image-registry.openshift-image-registry.svc:5000/shop/web:v9: reading manifest v9 in image-registry.openshift-image-registry.svc:5000/shop/web: name unknown"}
    ${"support the format of the image"}     | ${"image-registry.openshift-image-registry.svc:5000/openshift/eap:70"} | ${"reading manifest 70 in image-registry.openshift-image-registry.svc:5000/openshift/eap: unknown: unable to pull manifest from registry.redhat.io/jboss-eap-7/eap70-openshift:70: unsupported: V2 schema 1 manifest digests are no longer supported for image pulls. Use the equivalent V2 schema 2 manifest digest instead."}
  `("messages of CRI-O and OpenShift: $explanation: $message", ({ explanation, image, message }) => {
    expect(imageHint(message, image)?.explanation).toContain(explanation);
    expect(imageHint(message, image)?.remedy).toMatch(/^[A-Z].+\.$/);
  });

  it("names the command for an image stream that is used by its short name", () => {
    const denied = "reading manifest latest in docker.io/library/web: requested access to the resource is denied";
    const unresolved =
      'short-name "web:1" did not resolve to an alias and no unqualified-search registries are defined';
    expect(imageHint(denied, "web")?.remedy).toContain("run oc set image-lookup web.");
    expect(imageHint(unresolved, "web:1")?.remedy).toContain("run oc set image-lookup web.");
    expect(imageHint(denied, "docker.io/library/web")?.remedy).not.toContain("image-lookup");
    expect(imageHint("manifest unknown", "web")?.remedy).not.toContain("image-lookup");
    expect(imageHint("an unknown message")).toBeUndefined();
  });

  it("asks a cluster administrator about the internal registry", () => {
    const message =
      "pinging container registry image-registry.openshift-image-registry.svc:5000: dial tcp 172.30.12.7:5000: connect: connection refused";
    expect(imageHint(message)?.remedy).toContain("oc get co image-registry");
  });

  it("returns nothing for an unknown message", () => {
    expect(imageHint('Back-off pulling image "app:1"')).toBeUndefined();
  });
});
