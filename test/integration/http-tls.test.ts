import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect as connectHttp2, constants } from "node:http2";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { createCertificateAuthority } from "@pod-watcher/simulator/http/certificate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SECOND } from "../../src/core/model/time.ts";
import { anAlert } from "../support/alerts.ts";
import { type HttpApp, startHttpApp } from "../support/http-app.ts";

const authority = createCertificateAuthority();
const HOSTS = ["localhost", "127.0.0.1"];
let folder: string;
let files: { certFile: string; keyFile: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "serving-"));
  files = { certFile: join(folder, "tls.crt"), keyFile: join(folder, "tls.key") };
});
afterAll(() => rm(folder, { recursive: true }));

async function issue(): Promise<void> {
  const { certPem, keyPem } = authority.issueServer(HOSTS);
  await writeFile(files.certFile, certPem);
  await writeFile(files.keyFile, keyPem);
}

async function start(): Promise<HttpApp & { url: URL }> {
  const http = await startHttpApp({ tls: files });
  // Certificates are of today, whatever the fake clock of other tests says.
  http.clock.jump(Date.now() - http.clock.now());
  const { url } = await http.server.listen();
  return Object.assign(http, { url: new URL(url) });
}

/** Serial number of the certificate that a new connection is shown. */
function servedSerial({ port }: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: Number(port), ca: authority.certPem }, () => {
      resolve(socket.getPeerX509Certificate()!.serialNumber);
      socket.destroy();
    }).on("error", reject);
  });
}

describe("serving HTTPS", () => {
  it("serves HTTP/2 and HTTP/1.1, and sends HSTS", async () => {
    await issue();
    await using http = await start();
    expect(http.url.protocol).toBe("https:");
    const status = await new Promise((resolve, reject) => {
      get(new URL("livez", http.url), { ca: authority.certPem, agent: false }, (response) => {
        resolve([response.httpVersion, response.statusCode, response.headers["strict-transport-security"]]);
        response.resume();
      }).on("error", reject);
    });
    expect(status).toEqual(["1.1", 200, "max-age=31536000"]);

    const session = connectHttp2(http.url, { ca: authority.certPem });
    const stream = session.request({ ":path": "/livez" });
    const headers = await new Promise((resolve) => stream.once("response", resolve));
    expect(headers).toMatchObject({ ":status": 200 });
    stream.resume();
    session.close();
  });

  it("hands alerts over on HTTP/2, and takes them back when the stream is reset", async () => {
    await issue();
    await using http = await start();
    http.raise(
      ...Array.from({ length: 50 }, (_, index) =>
        anAlert({ labels: { pod: `web-${index}` }, annotations: { summary: "x".repeat(100_000), description: "" } }),
      ),
    );
    const session = connectHttp2(http.url, { ca: authority.certPem });
    const broken = session.request({ ":path": "/pod-restart-alerts" });
    await new Promise((resolve) => broken.once("response", resolve));
    broken.close(constants.NGHTTP2_CANCEL);
    const peek = () =>
      http.store.deliveries.peek("default", {
        now: http.clock.now(),
        lease: SECOND,
        restartPolicy: () => ({ threshold: 1, timeframe: 1 }),
      });
    while ((await peek()).length !== 50) await new Promise((resolve) => setTimeout(resolve, 2));

    const whole = session.request({ ":path": "/pod-restart-alerts" });
    let body = "";
    for await (const chunk of whole.setEncoding("utf8")) body += chunk;
    expect(JSON.parse(body)).toHaveLength(50);
    while ((await http.store.deliveries.confirmedDeliveries("default")).length !== 50) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    session.close();
  });

  it("cuts a request off whose body does not come, and nothing else", async () => {
    await issue();
    await using http = await start();
    const session = connectHttp2(http.url, { ca: authority.certPem });
    const following = session.request({ ":path": "/api/v1/stream" });
    let received = 0;
    following.on("data", () => received++);
    await new Promise((resolve) => following.once("response", resolve));
    const slow = Array.from({ length: 20 }, () => {
      const stream = session.request({
        ":path": "/api/v1/acknowledge",
        ":method": "POST",
        "content-type": "application/json",
      });
      stream.on("error", () => {});
      stream.write('{"ids":');
      return stream;
    });
    const cut = Promise.all(slow.map((stream) => new Promise((resolve) => stream.once("close", resolve))));
    const quick = session.request({ ":path": "/livez" });
    await new Promise((resolve) => quick.resume().once("close", resolve));
    await http.clock.advance(30 * SECOND);
    await cut;
    const before = received;
    await http.clock.advance(15 * SECOND);
    while (received === before) await new Promise((resolve) => setTimeout(resolve, 2));
    session.destroy();
  });

  it("ends streams and sessions when it closes, within its time", async () => {
    await issue();
    const http = await start();
    const session = connectHttp2(http.url, { ca: authority.certPem });
    const stream = session.request({ ":path": "/api/v1/stream" });
    await new Promise((resolve) => stream.once("data", resolve));
    const ended = new Promise((resolve) => stream.once("close", resolve));
    stream.resume();
    const over = http[Symbol.asyncDispose]();
    await ended;
    await http.clock.advance(5 * SECOND);
    await over;
    session.destroy();
  });

  it("refuses TLS 1.1", async () => {
    await issue();
    await using http = await start();
    const old = new Promise((_, reject) => {
      const options = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
      connect({ host: "127.0.0.1", port: Number(http.url.port), ca: authority.certPem, ...options }).on(
        "error",
        reject,
      );
    });
    await expect(old).rejects.toThrow(/alert|protocol|version/i);
  });
});

describe("a certificate that changes", () => {
  it("is served without a restart; a broken one is reported, and the previous one stays in use", async () => {
    await issue();
    await using http = await start();
    const first = await servedSerial(http.url);
    await issue();
    // The file is read in the background, which real time passes for.
    const reloaded = () => http.log.some(({ event }) => event === "certificate_reloaded");
    while (!reloaded()) await http.clock.advance(10 * SECOND);
    const second = await servedSerial(http.url);
    expect(second).not.toBe(first);

    await writeFile(files.keyFile, authority.issueServer(HOSTS).keyPem);
    const refused = () => http.log.find(({ event }) => event === "certificate_not_reloaded");
    while (refused() === undefined) await http.clock.advance(10 * SECOND);
    expect(refused()?.problem).toBe(
      `The private key in ${files.keyFile} is not usable: it does not belong to the certificate in ${files.certFile}.`,
    );
    expect(await servedSerial(http.url)).toBe(second);
  });
});

describe("a certificate that cannot be used", () => {
  it.each`
    what                | cert                     | key                      | says
    ${"no such file"}   | ${undefined}             | ${undefined}             | ${/^The certificate .*missing\.crt cannot be read \(ENOENT\)\.$/}
    ${"an empty file"}  | ${""}                    | ${""}                    | ${/contains no PEM data: it must contain -----BEGIN\.$/}
    ${"something else"} | ${"-----BEGIN X-----\n"} | ${"-----BEGIN X-----\n"} | ${/contains no valid certificate\.$/}
  `("stops the start with the file's name: $what", async ({ cert, key, says }) => {
    const bad = { certFile: join(folder, "missing.crt"), keyFile: join(folder, "missing.key") };
    if (cert !== undefined) {
      bad.certFile = join(folder, "bad.crt");
      bad.keyFile = join(folder, "bad.key");
      await writeFile(bad.certFile, cert);
      await writeFile(bad.keyFile, key);
    }
    await expect(startHttpApp({ tls: bad })).rejects.toThrow(says);
  });

  it("stops the start when it has expired", async () => {
    await issue();
    const { readServingPair } = await import("../../src/http/server/tls.ts");
    const inAThousandYears = Date.UTC(3026, 0, 1);
    await expect(readServingPair(files, inAThousandYears)).rejects.toThrow(/expired at .*: renew it\.$/);
  });
});
