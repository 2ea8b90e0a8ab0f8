import { expect, it } from "vitest";
import { serviceDomainIn } from "./self-hostnames.ts";

it.each`
  search                                                                             | domain
  ${"search tools.svc.cluster.local svc.cluster.local cluster.local"}                | ${"tools.svc.cluster.local"}
  ${"search tools.svc.corp.example. svc.corp.example corp.example"}                  | ${"tools.svc.corp.example"}
  ${"search\ttools.svc.corp.example\nnameserver 10.96.0.10\noptions ndots:5"}        | ${"tools.svc.corp.example"}
  ${"nameserver 10.96.0.10\nsearch shop.svc.corp.example\nsearch tools.svc.k8s.lan"} | ${"tools.svc.k8s.lan"}
  ${"search corp.example"}                                                           | ${undefined}
  ${"search other-tools.svc.corp.example tools.corp.example"}                        | ${undefined}
  ${"# search tools.svc.corp.example"}                                               | ${undefined}
  ${""}                                                                              | ${undefined}
`("in '$search' the Services of the namespace tools are under $domain", ({ search, domain }) => {
  expect(serviceDomainIn(search, "tools")).toBe(domain);
});
