import { X509Certificate } from "node:crypto";
import { expect, it } from "vitest";
import { createCertificateAuthority } from "./certificate.ts";

it("issues certificates that Node.js accepts", () => {
  const authority = createCertificateAuthority("test-ca");
  const root = new X509Certificate(authority.certPem);
  const server = new X509Certificate(authority.issueServer(["localhost", "127.0.0.1", "::1"]).certPem);
  expect([root.ca, root.subject, server.ca]).toEqual([true, "CN=test-ca", false]);
  expect(server.verify(root.publicKey) && server.checkIssued(root)).toBe(true);
  expect([server.checkHost("localhost"), server.checkIP("127.0.0.1"), server.checkIP("::1")]).toEqual([
    "localhost",
    "127.0.0.1",
    "::1",
  ]);
  expect(server.checkHost("example.com")).toBeUndefined();
});

it("contains the user and groups of a client, and is not trusted by another authority", () => {
  const [authority, other] = [createCertificateAuthority(), createCertificateAuthority()];
  const client = new X509Certificate(authority.issueClient("alice", ["ops", "dev"]).certPem);
  expect(client.subject.split("\n")).toEqual(["O=ops", "O=dev", "CN=alice"]);
  expect(client.verify(new X509Certificate(other.certPem).publicKey)).toBe(false);
});
