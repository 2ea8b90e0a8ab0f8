import { describe, expect, it } from "vitest";
import { type RunningApp, type Stage, setStage } from "../support/running-app.ts";
import { useBench } from "./support/bench.ts";
import { axeViolations, loaded, openTab, settle } from "./support/tab.ts";

const bench = useBench();

/** A shop whose checkout crashes on request. */
async function shop(options: Parameters<typeof setStage>[0] = {}): Promise<Stage> {
  const stage = await setStage(options);
  stage.cluster.createDeployment({ namespace: "shop", name: "checkout", replicas: 2 });
  stage.cluster.createDeployment({ namespace: "shop", name: "catalog" });
  return stage;
}

async function running({ cluster }: Stage, name: string): Promise<void> {
  await expect.poll(() => cluster.pods(name).every((pod) => pod.status.phase === "Running")).toBe(true);
}

const open = (app: RunningApp, path = "", options: Parameters<typeof openTab>[2] = {}) =>
  openTab(bench.browser, new URL(path, app.url).href, options);

describe("the page with the real program and a simulated cluster", () => {
  it("shows a crash loop live: open, explain, acknowledge, silence, and find it under Notifications", async () => {
    await using stage = await shop();
    await using app = await stage.start();
    await using tab = await open(app, "containers");
    const { page } = tab;
    await running(stage, "shop/checkout");
    await page.getByRole("banner").getByText("Live", { exact: true }).waitFor();
    await page.getByRole("heading", { name: /^\d containers?$/ }).waitFor();

    const { name } = stage.cluster.pod("shop/checkout").metadata;
    await stage.cluster.crash(`shop/${name}`, { times: 4, exitCode: 137 });
    const link = page.getByRole("link", { name });
    await link.waitFor();
    const line = page.locator("tr.pw-row", { has: link });
    await line.getByText("Critical").waitFor();

    await link.click();
    await page.getByText(/^137 \(SIGKILL/).waitFor();
    await page.getByText(/ReplicaSet\/checkout-[a-z0-9]+ › Deployment\/checkout/).waitFor();
    await page.getByText(/Other pods of this workload/).waitFor();
    for (const tabName of ["Events", "Last logs", "History"]) {
      await page.getByRole("tab", { name: tabName }).click();
      await loaded(page);
      await settle(page);
      expect(await axeViolations(page)).toEqual([]);
    }
    await page.getByText(/PodCrashLooping is firing/).waitFor();

    await page.getByRole("button", { name: "Acknowledge", exact: true }).click();
    await line.getByRole("img", { name: /^Acknowledged/ }).waitFor();
    await page.getByRole("button", { name: "Silence…", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(/^Silences 2 containers, 1 failing now\.$/).waitFor();
    await dialog.getByRole("textbox", { name: "Reason" }).fill("Rolled back, see OPS-4127");
    await dialog.getByRole("button", { name: "Silence 2 containers" }).click();
    await dialog.waitFor({ state: "detached" });

    await page.getByRole("link", { name: "Silences" }).click();
    await page.getByRole("heading", { name: "Deployment/checkout in shop" }).waitFor();
    await page.getByRole("link", { name: "Notifications" }).click();
    await page.getByRole("tab", { name: "Actions" }).click();
    const table = page.getByRole("table", { name: /newest first/ });
    await table.getByText("Acknowledged").waitFor();
    await table.getByText("Rolled back, see OPS-4127").waitFor();
  });

  it("continues after a restart of the program", async () => {
    await using stage = await shop();
    let app = await stage.start();
    const { port } = new URL(app.url);
    await using tab = await open(app, "containers", { expected: /ERR_CONNECTION_REFUSED|Failed to load/ });
    const { page } = tab;
    await running(stage, "shop/checkout");
    await page.getByRole("banner").getByText("Live", { exact: true }).waitFor();
    await app[Symbol.asyncDispose]();
    await stage.cluster.crash("shop/checkout", { times: 4 });
    app = await stage.start({ PORT: port });
    try {
      await page.getByRole("link", { name: stage.cluster.pod("shop/checkout").metadata.name }).waitFor();
      await page.getByRole("banner").getByText("Live", { exact: true }).waitFor();
    } finally {
      await app[Symbol.asyncDispose]();
    }
  });

  it("shows which namespace is out of sync, for how long, and the remedy", async () => {
    await using stage = await shop({ namespaces: ["shop", "pay"], permitted: ["shop"] });
    await using app = await stage.start();
    await using tab = await open(app, "containers");
    const { page } = tab;
    await page.getByText(/What happens in pay is not known/).waitFor();
    await page.getByText(/^kubectl create rolebinding .* -n pay$/).waitFor();
    await page.getByText(/Missing: list pods, watch pods, /).waitFor();
    await settle(page);
    expect(await axeViolations(page)).toEqual([]);
  });

  it("shows the incidents without JavaScript", async () => {
    await using stage = await shop();
    await using app = await stage.start();
    await running(stage, "shop/checkout");
    await stage.cluster.crash("shop/checkout", { times: 4 });
    await using tab = await open(app, "", { javaScriptEnabled: false });
    await expect
      .poll(async () => {
        await tab.page.reload();
        return tab.page.content();
      })
      .toMatch(/<noscript>.*Deployment · shop.*<\/noscript>/s);
    await expect.poll(() => tab.page.evaluate("document.body.innerText")).toContain("Deployment · shop, 2 of 2 pods");
  });
});

/** Each occurrence of a secret in a text, with the text before it. */
function around(secret: string, texts: readonly string[]): string[] {
  return texts.flatMap((text) => {
    const index = text.indexOf(secret);
    return index < 0 ? [] : [text.slice(Math.max(0, index - 80), index)];
  });
}

describe("secrets", () => {
  it("are in no response and nowhere on the page, although they are in the configuration, in pods and in logs", async () => {
    const planted = ["s3cr3t-of-the-pod", "s3cr3t-in-the-log", "eyJhbGciOiJub25lIn0.s3cr3t.bearer"];
    await using stage = await setStage();
    planted.push(stage.env.OPENSHIFT_TOKEN ?? "");
    stage.cluster.createDeployment({
      namespace: "shop",
      name: "checkout",
      containers: [
        {
          name: "app",
          env: { DB_PASSWORD: planted[0] ?? "" },
          behaviour: {
            log: [`connecting with password=${planted[1]}`, `Authorization: Bearer ${planted[2]}`],
            exitLog: [`postgres://shop:${planted[1]}@db:5432/shop refused`],
          },
        },
      ],
    });
    await using app = await stage.start();
    await running(stage, "shop/checkout");
    await using tab = await open(app, "silences");
    const { page } = tab;
    const bodies: string[] = [];
    const pending: Promise<unknown>[] = [];
    page.on("response", (response) => {
      pending.push(
        response.text().then(
          (text) => bodies.push(`${response.url()}\n${text}`),
          () => {},
        ),
      );
    });
    await stage.cluster.crash("shop/checkout", { times: 4, message: `could not log in with password=${planted[1]}` });
    const pod = stage.cluster.pod("shop/checkout").metadata.name;
    const seen: string[] = [];
    for (const path of ["", "configuration", "notifications?tab=sent", "silences", `containers?open=shop/${pod}/app`]) {
      await page.goto(new URL(path, app.url).href);
      await page.getByRole("heading").first().waitFor();
      await loaded(page);
      seen.push(await page.content());
    }
    for (const tabName of ["Events", "Last logs", "History"]) {
      await page.getByRole("tab", { name: tabName }).click();
      await loaded(page);
      seen.push(await page.content());
    }
    await page.getByRole("tab", { name: "Last logs" }).click();
    await page.getByText(/secrets? masked$/).waitFor();
    // Leaving the page ends the event stream, whose response would stay pending.
    await page.goto("about:blank");
    await Promise.all(pending);
    expect(bodies.length).toBeGreaterThan(10);
    for (const secret of planted) {
      expect(secret.length).toBeGreaterThan(10);
      expect(around(secret, [...seen, ...bodies])).toEqual([]);
    }
  });
});
