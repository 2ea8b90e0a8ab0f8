/**
 * `node scripts/sbom.ts`: the SBOM as CycloneDX 1.6: the program, its packages, and the packages built into the page.
 * `npm sbom --omit=dev` would omit the latter, because npm sees them as development dependencies. The output is the same
 * on every machine, so that two builds can be compared.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ShippedPackage, shippedPackages } from "./licences.ts";

export function sbom() {
  const { name, version, license, description } = JSON.parse(
    readFileSync(join(import.meta.dirname, "../package.json"), "utf8"),
  ) as Readonly<Record<string, string>>;
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        "bom-ref": `${name}@${version}`,
        type: "application",
        name,
        version,
        description,
        licenses: [{ license: { id: license } }],
        purl: `pkg:npm/${name}@${version}`,
      },
    },
    components: shippedPackages().map(componentOf),
  };
}

function componentOf({ name, version, licence, integrity }: ShippedPackage) {
  const [algorithm, base64 = ""] = integrity.split("-");
  return {
    "bom-ref": `${name}@${version}`,
    type: "library",
    name,
    version,
    licenses: [{ license: { id: licence } }],
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    hashes: [
      { alg: algorithm === "sha512" ? "SHA-512" : "SHA-1", content: Buffer.from(base64, "base64").toString("hex") },
    ],
  };
}

if (import.meta.main) console.log(JSON.stringify(sbom(), null, 2));
