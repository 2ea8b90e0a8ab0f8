/**
 * A certificate authority that lives as long as the process: Node can make keys and signatures but no certificates,
 * and tests, the demo and a user's machine must not depend on an `openssl` program or on private keys in the repository.
 * X.509 v3 after RFC 5280, ECDSA P-256 with SHA-256, in DER.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

export interface CertificateAuthority {
  /** To be trusted by clients. */
  readonly certPem: string;
  /** A server certificate for host names and IPv4 addresses, with its key, both PEM. */
  issueServer(hosts: readonly string[]): KeyAndCertificate;
  /** A client certificate: Kubernetes takes the user from CN and the groups from O. */
  issueClient(user: string, groups?: readonly string[]): KeyAndCertificate;
}

export interface KeyAndCertificate {
  readonly keyPem: string;
  readonly certPem: string;
}

/** Every call makes another authority, so rotating one is making two. */
export function createCertificateAuthority(commonName = "pod-watcher-simulator-ca"): CertificateAuthority {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = distinguishedName(commonName, []);
  const issue = (subject: Buffer, publicKey: KeyObject, extensions: readonly Buffer[]): string =>
    pem(certificate({ issuer, subject, publicKey, extensions, signingKey: keys.privateKey }));
  const leaf = (subject: Buffer, purpose: Buffer, names: readonly Buffer[]): KeyAndCertificate => {
    const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const extensions = [
      extension(OID.keyUsage, bitString(Buffer.from([0x80]), 7), true),
      extension(OID.extendedKeyUsage, sequence(purpose)),
      ...(names.length === 0 ? [] : [extension(OID.subjectAltName, sequence(...names))]),
    ];
    return {
      keyPem: own.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      certPem: issue(subject, own.publicKey, extensions),
    };
  };
  return {
    certPem: issue(issuer, keys.publicKey, [
      extension(OID.basicConstraints, sequence(Buffer.from([0x01, 0x01, 0xff])), true),
      extension(OID.keyUsage, bitString(Buffer.from([0x06]), 1), true),
    ]),
    issueServer: (hosts) =>
      leaf(distinguishedName(hosts[0] ?? "localhost", []), OID.serverAuth, hosts.map(alternativeName)),
    issueClient: (user, groups = []) => leaf(distinguishedName(user, groups), OID.clientAuth, []),
  };
}

interface CertificateParts {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly signingKey: KeyObject;
}

function certificate({ issuer, subject, publicKey, extensions, signingKey }: CertificateParts): Buffer {
  const algorithm = sequence(OID.ecdsaWithSha256);
  // The authority is minted anew for every run; a lifetime from the first to the last second that UTCTime can write
  // keeps it valid whatever the machine's clock says.
  const validity = sequence(utcTime("500101000000Z"), utcTime("491231235959Z"));
  const spki = publicKey.export({ type: "spki", format: "der" });
  const toBeSigned = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([0x4d]), randomBytes(15)])),
    algorithm,
    issuer,
    validity,
    subject,
    spki,
    tagged(0xa3, sequence(...extensions, extension(OID.subjectKeyIdentifier, keyIdentifier(spki)))),
  );
  return sequence(toBeSigned, algorithm, bitString(sign("sha256", toBeSigned, signingKey), 0));
}

function keyIdentifier(spki: Buffer): Buffer {
  return tagged(0x04, createHash("sha256").update(spki).digest().subarray(0, 20));
}

function distinguishedName(commonName: string, organizations: readonly string[]): Buffer {
  const attribute = (oid: Buffer, value: string) => tagged(0x31, sequence(oid, tagged(0x0c, Buffer.from(value))));
  return sequence(
    ...organizations.map((name) => attribute(OID.organization, name)),
    attribute(OID.commonName, commonName),
  );
}

function alternativeName(host: string): Buffer {
  const ipv4 = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(host);
  if (ipv4 !== null) return tagged(0x87, Buffer.from(ipv4.slice(1).map(Number)));
  if (host === "::1") return tagged(0x87, Buffer.concat([Buffer.alloc(15), Buffer.from([1])]));
  return tagged(0x82, Buffer.from(host));
}

function extension(oid: Buffer, value: Buffer, critical = false): Buffer {
  const flag = critical ? [Buffer.from([0x01, 0x01, 0xff])] : [];
  return sequence(oid, ...flag, tagged(0x04, value));
}

// ─── DER (ITU-T X.690) ───────────────────────────────────────────────────────────────────────────────────────────

const OID = {
  commonName: oid("550403"),
  organization: oid("55040a"),
  subjectKeyIdentifier: oid("551d0e"),
  keyUsage: oid("551d0f"),
  subjectAltName: oid("551d11"),
  basicConstraints: oid("551d13"),
  extendedKeyUsage: oid("551d25"),
  serverAuth: oid("2b06010505070301"),
  clientAuth: oid("2b06010505070302"),
  ecdsaWithSha256: oid("2a8648ce3d040302"),
};

function oid(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, "hex"));
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const bytes = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length, ...bytes]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function integer(value: Buffer): Buffer {
  return tagged(0x02, value);
}

function bitString(content: Buffer, unusedBits: number): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([unusedBits]), content]));
}

function utcTime(text: string): Buffer {
  return tagged(0x17, Buffer.from(text));
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
