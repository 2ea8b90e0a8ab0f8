import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { anAlert } from "../support/alerts.ts";
import { type HttpApp, startHttpApp } from "../support/http-app.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

describe("invalid requests", () => {
  let http: HttpApp;
  let port: number;
  beforeEach(async () => {
    http = await startHttpApp();
    ({ port } = await http.server.listen());
    return () => http[Symbol.asyncDispose]();
  });

  /** Everything that the server says to these bytes until it closes. */
  function say(bytes: string): Promise<string> {
    return new Promise((resolve) => {
      let received = "";
      const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
      socket
        .on("data", (data) => {
          received += data;
        })
        .on("error", () => {})
        .on("close", () => resolve(received));
    });
  }

  it.each`
    what                     | bytes                                                                                                    | status
    ${"no HTTP"}             | ${"\u0016\u0003\u0001 hello\r\n\r\n"}                                                                    | ${400}
    ${"a header too long"}   | ${`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`}                               | ${431}
    ${"two lengths at once"} | ${"POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"} | ${400}
  `("is refused with a problem and closed: $what", async ({ bytes, status }) => {
    const answer = await say(bytes);
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(answer).toContain(`"type":"about:blank"`);
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
  });

  it("is closed when its header does not come in time", async () => {
    const answer = await say("GET /status HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    expect(answer).toContain("HTTP/1.1 408 Request Timeout");
  });
});

describe("the built page", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "page-"));
    await mkdir(join(folder, "assets"));
    const index = `<!doctype html><html lang="en"><body><div id="root"></div><noscript><!--problems--></noscript></body></html>`;
    await writeFile(join(folder, "index.html"), index);
    const script = "export const price = '$&';".repeat(50);
    await writeFile(join(folder, "assets", "main-abc.js"), script);
    await writeFile(join(folder, "assets", "main-abc.js.br"), brotliCompressSync(script));
    await writeFile(join(folder, "assets", "main-abc.js.gz"), gzipSync(script));
    await writeFile(join(folder, "theme-init.js"), "0");
    await writeFile(join(folder, ".env"), "SECRET=1");
  });
  afterEach(() => rm(folder, { recursive: true }));

  const start = (options = {}) => startHttpApp({ staticFolder: folder, ...options });

  it("is served with its files packed as the browser takes them, and kept for ever", async () => {
    await using http = await start();
    for (const [accepts, encoding] of [
      ["br, gzip", "br"],
      ["gzip", "gzip"],
      ["", undefined],
    ] as const) {
      const headers = { "accept-encoding": accepts };
      const file = await http.app.inject({ url: "/assets/main-abc.js", headers });
      expect([file.statusCode, file.headers["content-encoding"]]).toEqual([200, encoding]);
      expect(file.headers["content-type"]).toMatch(/^(text|application)\/javascript/);
      expect(file.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    }
    const theme = await http.app.inject("/theme-init.js");
    expect(theme.headers["cache-control"]).toBe("no-cache");
    expect(theme.headers["content-security-policy"]).toContain("default-src 'none'");
  });

  it.each(["/", "/containers", "/notifications", "/activity", "/silences", "/incidents/shop/Deployment/web"])(
    "answers %s, never from a cache",
    async (url) => {
      await using http = await start();
      const page = await http.app.inject(url);
      expect(page.body).toContain(`<div id="root">`);
      expect(page.headers["cache-control"]).toBe("no-store");
    },
  );

  it("has the problems inside for those without JavaScript", async () => {
    await using http = await start();
    http.live.watch(healthOf("shop", { syncedSince: 1 }));
    http.raise(
      anAlert({
        labels: { alertname: "PodUnschedulable" },
        annotations: { summary: "web: $& $1 <b>", description: "" },
      }),
    );
    const { body } = await http.app.inject("/");
    expect(body).toMatch(/<noscript>.*checkout-0.*\$&amp; \$1 &lt;b&gt;.*<\/noscript>/s);
  });

  it("says 404 with the page to a person, and with a problem to a program", async () => {
    await using http = await start();
    const person = await http.app.inject({ url: "/checkout-0", headers: { accept: "text/html" } });
    expect([person.statusCode, person.body.includes(`id="root"`)]).toEqual([404, true]);
    const program = await http.app.inject({ url: "/checkout-0", headers: { accept: "*/*" } });
    expect([program.statusCode, program.json().title]).toEqual([404, "Not Found"]);
    const api = await http.app.inject({ url: "/api/v1/nothing", headers: { accept: "text/html" } });
    expect(api.json().status).toBe(404);
  });

  it.each(["/.env", "/../package.json", "/%2e%2e/package.json", "/..%2fpackage.json", "/assets/", "/index.html.bak"])(
    "gives nothing for %s",
    async (url) => {
      await using http = await start();
      expect((await http.app.inject(url)).statusCode).toBeGreaterThanOrEqual(400);
    },
  );

  it("works behind a path prefix, whether the proxy cuts it off or not", async () => {
    await using http = await start({ pathPrefix: "/pods" });
    for (const url of ["/pods/", "/pods", "/"]) expect((await http.app.inject(url)).body).toContain(`id="root"`);
    expect((await http.app.inject("/pods/assets/main-abc.js")).statusCode).toBe(200);
    expect((await http.app.inject("/pods/api/v1/state")).json()).toHaveProperty("rows");
  });

  it("gives way to the plain page when it is not built", async () => {
    await using http = await startHttpApp({ staticFolder: join(folder, "nowhere") });
    expect((await http.app.inject("/")).body).toContain("No namespace is watched yet.");
  });
});
