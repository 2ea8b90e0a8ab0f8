import { expect, it } from "vitest";
import { parseRowId } from "./row-id.ts";

it.each`
  id                       | target
  ${"shop/web-0/app"}      | ${{ namespace: "shop", pod: "web-0", container: "app" }}
  ${"shop/web-0"}          | ${{ namespace: "shop", pod: "web-0" }}
  ${"shop/Deployment/web"} | ${{ namespace: "shop", workload: "Deployment/web" }}
  ${"shop"}                | ${{ namespace: "shop" }}
  ${""}                    | ${undefined}
  ${"shop/"}               | ${undefined}
  ${"shop/web-0/"}         | ${undefined}
  ${"shop/Deployment"}     | ${undefined}
  ${"a/b/c/d"}             | ${undefined}
`("$id is $target", ({ id, target }) => expect(parseRowId(id)).toEqual(target));
