import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { createCertificateAuthority } from "@pod-watcher/simulator/http/certificate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HttpSink, startHttpSink } from "../../../test/support/http-sink.ts";
import { createHttpPoster, excerpt, parseRetryAfter, redact } from "./http-post.ts";

const NOW = Date.UTC(2026, 10, 22, 11, 41, 56);
const now = () => NOW;
const never = new AbortController().signal;

describe("a receiver with a certificate of a private authority", () => {
  const authority = createCertificateAuthority();
  const { keyPem: key, certPem: cert } = authority.issueServer(["127.0.0.1", "localhost"]);
  let sink: HttpSink;
  beforeAll(async () => {
    sink = await startHttpSink({ key, cert });
  });
  afterAll(() => sink[Symbol.asyncDispose]());

  it("is trusted only if the authority is configured", async () => {
    await using trusting = createHttpPoster({ now, ca: async () => authority.certPem });
    expect(await trusting.post({ url: `${sink.origin}/hook`, body: "{}" }, never)).toMatchObject({ status: 200 });

    await using unaware = createHttpPoster({ now });
    const answer = await unaware.post({ url: `${sink.origin}/hook-s3cret`, body: "{}" }, never);
    expect(answer).toMatchObject({
      answered: false,
      failure: {
        retry: true,
        reason: "network",
        detail: expect.stringMatching(
          /^127\.0\.0\.1:\d+ has an untrusted certificate: set ca_file to its certificate authority/,
        ),
      },
    });
    expect(sink.requests).toHaveLength(1);
  });

  it("is trusted again once the file contains the new authority", async () => {
    let pem = createCertificateAuthority().certPem;
    await using poster = createHttpPoster({ now, ca: async () => pem });
    expect(await poster.post({ url: sink.origin, body: "" }, never)).toMatchObject({ answered: false });
    pem = authority.certPem;
    expect(await poster.post({ url: sink.origin, body: "" }, never)).toMatchObject({ status: 200 });
  });

  it("cannot be reached while the file cannot be read", async () => {
    const missing = Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT", path: "/etc/ca/ca.crt" });
    await using poster = createHttpPoster({ now, ca: () => Promise.reject(missing) });
    expect(await poster.post({ url: sink.origin, body: "" }, never)).toMatchObject({
      failure: { retry: true, detail: "/etc/ca/ca.crt cannot be read (ENOENT)" },
    });
  });

  it("is not trusted under a different name", async () => {
    const other = await startHttpSink(
      (({ keyPem, certPem }) => ({ key: keyPem, cert: certPem }))(authority.issueServer(["elsewhere.example"])),
    );
    await using poster = createHttpPoster({ now, ca: async () => authority.certPem });
    expect(await poster.post({ url: other.origin, body: "" }, never)).toMatchObject({
      failure: { detail: expect.stringMatching(/certificate for a different name/) },
    });
    await other[Symbol.asyncDispose]();
  });
});

describe("a proxy", () => {
  it("is used with its password, which appears in no result", async () => {
    const authority = createCertificateAuthority();
    const { keyPem: key, certPem: cert } = authority.issueServer(["127.0.0.1"]);
    const ca = async () => authority.certPem;
    await using sink = await startHttpSink({ key, cert });
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on("connect", (request, client, head) => {
      asked.push(`${request.url} ${request.headers["proxy-authorization"]}`);
      const [host, port] = request.url!.split(":");
      const upstream = connect(Number(port), host, () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        upstream.write(head);
        upstream.pipe(client).pipe(upstream);
      });
      upstream.on("error", () => client.destroy());
      client.on("error", () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const { port } = proxy.address() as AddressInfo;
    const url = `http://eva:pr0xyS3cret@127.0.0.1:${port}`;
    {
      await using poster = createHttpPoster({ now, ca, proxy: async () => url });
      expect(await poster.post({ url: `${sink.origin}/hook`, body: "{}" }, never)).toMatchObject({ status: 200 });
      const basic = Buffer.from("eva:pr0xyS3cret").toString("base64");
      expect(asked).toEqual([`${new URL(sink.origin).host} Basic ${basic}`]);
    }
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
    await using poster = createHttpPoster({ now, ca, proxy: async () => url });
    const answer = await poster.post({ url: `${sink.origin}/hook`, body: "{}" }, never);
    expect(answer).toMatchObject({ answered: false, failure: { retry: true, reason: "network" } });
    expect(JSON.stringify(answer)).not.toContain("pr0xyS3cret");
  });
});

describe("parseRetryAfter", () => {
  it.each([
    ["120", 120_000],
    [" 0 ", 0],
    [["7", "9"], 7_000],
    ["Sun, 22 Nov 2026 11:42:56 GMT", 60_000],
    ["Sun, 22 Nov 2026 11:00:00 GMT", 0],
    ["soon", undefined],
    ["-5", undefined],
    [undefined, undefined],
  ])("%j", (header, span) => {
    if (header === "-5") expect(parseRetryAfter(header, NOW) ?? 0).toBe(0);
    else expect(parseRetryAfter(header, NOW)).toBe(span);
  });
});

describe("the detail of a result", () => {
  const message = { url: "https://eva:p4ssw0rd@hooks.example/services/T0000001/s3cr3t%2Fp4rt?sig=abc%20defgh&v=1" };

  it("contains only the host of the address", () => {
    const echoes = [
      message.url,
      "/services/T0000001/s3cr3t%2Fp4rt?sig=abc%20defgh",
      "s3cr3t%2Fp4rt",
      "s3cr3t/p4rt",
      "abc defgh",
      "p4ssw0rd",
      "T0000001",
    ];
    for (const echo of echoes) {
      expect(excerpt(`no such hook: ${echo}!`, message)).not.toMatch(/s3cr3t|abc defgh|p4ssw0rd|T0000001/);
    }
  });

  it("contains no credential, is one short line, and is empty without a body", () => {
    expect(excerpt("bad\n token  TOKEN-1234 ", { ...message, secrets: ["TOKEN-1234"] })).toBe(": bad token [masked]");
    expect(excerpt("x".repeat(1_000), message).length).toBeLessThan(210);
    expect(excerpt(" \n ", message)).toBe("");
    expect(redact("Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", [])).not.toContain("eyJ");
  });
});
