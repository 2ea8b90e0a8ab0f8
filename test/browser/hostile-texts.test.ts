/** Every text that a cluster or a caller controls is shown as text: no script runs, and the browser reports no violation. */
import { expect, it } from "vitest";
import { setStage } from "../support/running-app.ts";
import { useBench } from "./support/bench.ts";
import { loaded, openTab } from "./support/tab.ts";

const bench = useBench();

/** Each part would set a global, load something or break out of an attribute. */
const ATTACK = [
  `"><img src=x onerror="globalThis.pwned=1">`,
  `<script>globalThis.pwned=1</script>`,
  `</noscript></title><svg onload=globalThis.pwned=1>`,
  `<a href="javascript:globalThis.pwned=1">x</a>`,
  `<iframe srcdoc="<script>parent.pwned=1</script>"></iframe>`,
  `<style>@import url(//evil.example)</style>`,
  "javascript:globalThis.pwned=1",
  "{{constructor.constructor('globalThis.pwned=1')()}}",
].join(" ");

it("texts of pods, events, logs, silences and acknowledgements run no script", async () => {
  await using stage = await setStage();
  const labels = { app: "checkout", attack: ATTACK, __proto: ATTACK };
  stage.cluster.createDeployment({
    namespace: "shop",
    name: "checkout",
    labels,
    annotations: { "openshift.io/display-name": ATTACK, [ATTACK.slice(0, 60)]: ATTACK },
    containers: [
      {
        name: "app",
        image: `registry.example/${ATTACK}`,
        behaviour: { log: [ATTACK, `ERROR ${ATTACK}`], exitLog: [`FATAL ${ATTACK}`] },
      },
    ],
  } as unknown as Parameters<typeof stage.cluster.createDeployment>[0]);
  await using app = await stage.start();
  await expect
    .poll(() => stage.cluster.pods("shop/checkout").every((pod) => pod.status.phase === "Running"))
    .toBe(true);
  await stage.cluster.crash("shop/checkout", { times: 4, message: `FATAL ${ATTACK}` });
  const pod = stage.cluster.pod("shop/checkout").metadata.name;

  // Addresses that name no row are answered 400 and 404.
  await using tab = await openTab(bench.browser, app.url, { expected: /status of 40[04]/ });
  const { page } = tab;
  await page.addInitScript(`
    globalThis.violations = [];
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      globalThis.violations.push(violatedDirective + " " + blockedURI);
    });
  `);
  await page.goto(new URL("containers", app.url).href);
  await page.getByRole("link", { name: pod }).waitFor();
  const { csrf } = (await page.evaluate("fetch('api/v1/me').then((answer) => answer.json())")) as { csrf: string };
  const send = (method: string, path: string, body: object) =>
    page.evaluate(
      ([how, where, token, text]) =>
        fetch(where as string, {
          method: how as string,
          headers: { "content-type": "application/json", "x-csrf-token": token as string },
          body: text as string,
        }).then((answer) => answer.status),
      [method, new URL(path, app.url).href, csrf, JSON.stringify(body)],
    );
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const scope = { kind: "pod", namespace: "shop", pod };
  const silenced = await send("PUT", "api/v1/silences/s-attack-12345", { scope, until, reason: ATTACK.slice(0, 400) });
  const subjects = [{ row: `shop/${pod}/app` }];
  const by = ATTACK.slice(0, 190);
  const acknowledged = await send("POST", "api/v1/acknowledge", { subjects, note: ATTACK, by });
  expect([silenced, acknowledged]).toEqual([200, 200]);

  const seen: string[] = [];
  const check = async () => {
    await loaded(page);
    await expect.poll(() => page.evaluate("globalThis.pwned")).toBeUndefined();
    await expect.poll(() => page.evaluate("globalThis.violations")).toEqual([]);
    seen.push(String(await page.evaluate("document.body.innerText")));
  };
  for (const path of [
    "",
    "containers",
    "notifications?tab=actions",
    "silences",
    "notifications?tab=sent",
    "configuration",
    "plain",
    `containers?open=shop/${pod}/app`,
  ]) {
    await page.goto(new URL(path, app.url).href);
    await page.getByRole("heading").first().waitFor();
    await check();
  }
  for (const name of ["Events", "Last logs", "History"]) {
    await page.getByRole("tab", { name }).click();
    await check();
  }
  // The attack was shown: as text.
  expect(seen.filter((text) => text.includes("<script>globalThis.pwned=1</script>")).length).toBeGreaterThan(3);

  await using plain = await openTab(bench.browser, app.url, { javaScriptEnabled: false });
  await expect.poll(() => plain.page.locator("iframe, svg[onload], img[onerror]").count()).toBe(0);
  for (const query of [ATTACK, "javascript:globalThis.pwned=1", "//evil.example"]) {
    for (const name of ["q", "ns", "open", "view", "sort", "return"]) {
      await page.goto(new URL(`?${name}=${encodeURIComponent(query)}`, app.url).href);
      await page.getByRole("heading").first().waitFor();
      await expect.poll(() => page.evaluate("globalThis.pwned")).toBeUndefined();
      await expect.poll(() => page.evaluate("globalThis.violations")).toEqual([]);
    }
  }
});
