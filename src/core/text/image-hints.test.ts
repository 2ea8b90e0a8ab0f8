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

  it("returns nothing for an unknown message", () => {
    expect(imageHint('Back-off pulling image "app:1"')).toBeUndefined();
  });
});
