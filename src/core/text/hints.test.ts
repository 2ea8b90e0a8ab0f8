import { describe, expect, it } from "vitest";
import { crashHint, imageHint } from "./hints.ts";

describe("imageHint", () => {
  it.each`
    words                         | message
    ${"cannot be reached"}        | ${'failed to pull and unpack image "registry.invalid/none/none:1": failed to resolve reference: failed to do request: Head "https://registry.invalid/v2/": dial tcp: lookup registry.invalid on 10.0.0.2:53: no such host'}
    ${"cannot be reached"}        | ${"rpc error: code = DeadlineExceeded desc = context deadline exceeded"}
    ${"refuses access"}           | ${'failed to resolve reference "docker.io/acme/app:1": pull access denied, repository does not exist or may require authorization'}
    ${"refuses access"}           | ${"unable to retrieve auth token: invalid username/password: unauthorized: authentication required"}
    ${"may be pulled"}            | ${"toomanyrequests: You have reached your unauthenticated pull rate limit"}
    ${"not trusted"}              | ${"tls: failed to verify certificate: x509: certificate signed by unknown authority"}
    ${"no such image or tag"}     | ${"reading manifest 2.0 in quay.io/acme/app: manifest unknown: manifest unknown"}
    ${"kind of processor"}        | ${"no match for platform in manifest: not found"}
    ${"disk is full"}             | ${"write /var/lib/containers/storage/x: no space left on device"}
    ${"which registry"}           | ${"short name mode is enforcing, but image name app:1 returns ambiguous list"}
    ${"internal registry"}        | ${"reading manifest latest in image-registry.openshift-image-registry.svc:5000/base/java: authentication required"}
    ${"image stream has no such"} | ${"reading manifest v9 in image-registry.openshift-image-registry.svc:5000/shop/web: manifest unknown"}
  `("$words: $message", ({ words, message }) => {
    expect(imageHint(message)?.words).toContain(words);
    expect(imageHint(message)?.remedy).toMatch(/^[A-Z].+\.$/);
  });

  it("has none for what it does not know", () => {
    expect(imageHint('Back-off pulling image "app:1"')).toBeUndefined();
  });
});

describe("crashHint", () => {
  it.each`
    words                  | text
    ${"may not read"}      | ${"mkdir: cannot create directory '/var/cache/nginx': Permission denied"}
    ${"read-only"}         | ${"OSError: [Errno 30] Read-only file system: '/app/tmp'"}
    ${"disk is full"}      | ${"Error: ENOSPC: no space left on device, write"}
    ${"had set itself"}    | ${"FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"}
    ${"port"}              | ${"Error: listen EADDRINUSE: address already in use :::8080"}
    ${"depends on"}        | ${"FATAL: cannot reach database orders:5432"}
    ${"kind of processor"} | ${"exec /app/server: exec format error"}
  `("$words: $text", ({ words, text }) => expect(crashHint(text)?.words).toContain(words));

  it("has none for what it does not know", () => {
    expect(crashHint("config not ready")).toBeUndefined();
  });
});
