import { describe, expect, it } from "vitest";
import { crashHint, imageHint } from "./hints.ts";

describe("imageHint", () => {
  it.each`
    explanation                      | message
    ${"cannot be reached"}           | ${'failed to pull and unpack image "registry.invalid/none/none:1": failed to resolve reference: failed to do request: Head "https://registry.invalid/v2/": dial tcp: lookup registry.invalid on 10.0.0.2:53: no such host'}
    ${"cannot be reached"}           | ${"rpc error: code = DeadlineExceeded desc = context deadline exceeded"}
    ${"denies access"}               | ${'failed to resolve reference "docker.io/acme/app:1": pull access denied, repository does not exist or may require authorization'}
    ${"denies access"}               | ${"unable to retrieve auth token: invalid username/password: unauthorized: authentication required"}
    ${"rate limit"}                  | ${"toomanyrequests: You have reached your unauthenticated pull rate limit"}
    ${"not trusted"}                 | ${"tls: failed to verify certificate: x509: certificate signed by unknown authority"}
    ${"image or tag does not exist"} | ${"reading manifest 2.0 in quay.io/acme/app: manifest unknown: manifest unknown"}
    ${"CPU architecture"}            | ${"no match for platform in manifest: not found"}
    ${"disk is full"}                | ${"write /var/lib/containers/storage/x: no space left on device"}
    ${"does not contain a registry"} | ${"short name mode is enforcing, but image name app:1 returns ambiguous list"}
    ${"internal registry"}           | ${"reading manifest latest in image-registry.openshift-image-registry.svc:5000/base/java: authentication required"}
    ${"image stream does not have"}  | ${"reading manifest v9 in image-registry.openshift-image-registry.svc:5000/shop/web: manifest unknown"}
  `("$explanation: $message", ({ explanation, message }) => {
    expect(imageHint(message)?.explanation).toContain(explanation);
    expect(imageHint(message)?.remedy).toMatch(/^[A-Z].+\.$/);
  });

  it("returns nothing for an unknown message", () => {
    expect(imageHint('Back-off pulling image "app:1"')).toBeUndefined();
  });
});

describe("crashHint", () => {
  it.each`
    explanation                    | text
    ${"lacks permission"}          | ${"mkdir: cannot create directory '/var/cache/nginx': Permission denied"}
    ${"read-only"}                 | ${"OSError: [Errno 30] Read-only file system: '/app/tmp'"}
    ${"disk is full"}              | ${"Error: ENOSPC: no space left on device, write"}
    ${"runtime ran out of memory"} | ${"FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"}
    ${"port"}                      | ${"Error: listen EADDRINUSE: address already in use :::8080"}
    ${"cannot reach a dependency"} | ${"FATAL: cannot reach database orders:5432"}
    ${"CPU architecture"}          | ${"exec /app/server: exec format error"}
  `("$explanation: $text", ({ explanation, text }) => expect(crashHint(text)?.explanation).toContain(explanation));

  it("returns nothing for an unknown message", () => {
    expect(crashHint("config not ready")).toBeUndefined();
  });
});
