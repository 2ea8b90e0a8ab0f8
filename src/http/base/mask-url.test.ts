import { expect, it } from "vitest";
import { maskUrl } from "./mask-url.ts";

it.each`
  given                                                 | shown
  ${"https://hooks.example/services/T0/B0/x"}           | ${"https://hooks.example/…"}
  ${"https://hooks.example:8443?token=x"}               | ${"https://hooks.example:8443/…"}
  ${"postgres://me:secret@db.example:5432/pod_watcher"} | ${"postgres://db.example:5432/…"}
  ${"https://proxy.example"}                            | ${"https://proxy.example"}
  ${"https://proxy.example/"}                           | ${"https://proxy.example/"}
  ${"see https://a.example/x and http://b.example/y"}   | ${"see https://a.example/… and http://b.example/…"}
  ${"/var/tmp/"}                                        | ${"/var/tmp/"}
  ${"namespaces shop, pay"}                             | ${"namespaces shop, pay"}
`("shows $given as $shown", ({ given, shown }) => expect(maskUrl(given)).toBe(shown));
