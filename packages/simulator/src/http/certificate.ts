/**
 * A certificate authority that lives as long as the process. Node.js creates keys and signatures but no certificates, and
 * the demo, the tests and a user's machine must not depend on an `openssl` program or on private keys in the repository.
 * X.509 v3 (RFC 5280), ECDSA P-256 with SHA-256.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";

export interface CertificateAuthority {
  /** The certificate that clients must trust. */
  readonly certPem: string;
  /** A server certificate for host names and IP addresses. */
  issueServer(hosts: readonly string[]): KeyAndCertificate;
  /** A client certificate. Kubernetes reads the user from CN and the groups from O. */
  issueClient(user: string, groups?: readonly string[]): KeyAndCertificate;
}

/** Both as PEM. */
export interface KeyAndCertificate {
  readonly keyPem: string;
  readonly certPem: string;
}

const COMMON_NAME = "2.5.4.3";
const ORGANIZATION = "2.5.4.10";
const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";

/** Each call creates a different authority. */
export function createCertificateAuthority(commonName = "pod-watcher-simulator-ca"): CertificateAuthority {
  const keys = newKeyPair();
  const issuer = distinguishedName(commonName, []);
  const issue = (subject: Name, publicKey: KeyObject, extensions: readonly Extension[]): string =>
    certificate({ issuer, subject, publicKey, extensions, signingKey: keys.privateKey });
  const issueLeaf = (subject: Name, purpose: string, names: readonly GeneralName[]): KeyAndCertificate => {
    const own = newKeyPair();
    const extensions = [
      extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature), true),
      extension(id_ce_extKeyUsage, new ExtendedKeyUsage([purpose])),
      ...(names.length === 0 ? [] : [extension(id_ce_subjectAltName, new SubjectAlternativeName([...names]))]),
    ];
    return {
      keyPem: own.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      certPem: issue(subject, own.publicKey, extensions),
    };
  };
  return {
    certPem: issue(issuer, keys.publicKey, [
      extension(id_ce_basicConstraints, new BasicConstraints({ cA: true }), true),
      extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign), true),
    ]),
    issueServer: (hosts) =>
      issueLeaf(distinguishedName(hosts[0] ?? "localhost", []), id_kp_serverAuth, hosts.map(alternativeName)),
    issueClient: (user, groups = []) => issueLeaf(distinguishedName(user, groups), id_kp_clientAuth, []),
  };
}

interface CertificateParts {
  readonly issuer: Name;
  readonly subject: Name;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Extension[];
  readonly signingKey: KeyObject;
}

/** A signed certificate, as PEM. */
function certificate({ issuer, subject, publicKey, extensions, signingKey }: CertificateParts): string {
  const spki = publicKey.export({ type: "spki", format: "der" });
  const keyIdentifier = createHash("sha256").update(spki).digest().subarray(0, 20);
  const signatureAlgorithm = new AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 });
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    // The first byte keeps the number positive and its length constant.
    serialNumber: arrayBuffer(Buffer.concat([Buffer.from([0x4d]), randomBytes(15)])),
    signature: signatureAlgorithm,
    issuer,
    // The authority exists for one run only. The full range of UTCTime keeps it valid whatever the clock says.
    validity: new Validity({ notBefore: new Date("1950-01-01T00:00:00Z"), notAfter: new Date("2049-12-31T23:59:59Z") }),
    subject,
    subjectPublicKeyInfo: AsnConvert.parse(arrayBuffer(spki), SubjectPublicKeyInfo),
    extensions: new Extensions([
      ...extensions,
      extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(arrayBuffer(keyIdentifier))),
    ]),
  });
  const signature = sign("sha256", Buffer.from(AsnConvert.serialize(tbsCertificate)), signingKey);
  const signed = new Certificate({ tbsCertificate, signatureAlgorithm, signatureValue: arrayBuffer(signature) });
  const lines =
    Buffer.from(AsnConvert.serialize(signed))
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function newKeyPair(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function distinguishedName(commonName: string, organizations: readonly string[]): Name {
  const attribute = (type: string, utf8String: string) =>
    new RelativeDistinguishedName([new AttributeTypeAndValue({ type, value: new AttributeValue({ utf8String }) })]);
  return new Name([...organizations.map((name) => attribute(ORGANIZATION, name)), attribute(COMMON_NAME, commonName)]);
}

function alternativeName(host: string): GeneralName {
  return new GeneralName(/^[\d.]+$|:/.test(host) ? { iPAddress: host } : { dNSName: host });
}

function extension(extnID: string, value: object, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function arrayBuffer(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
