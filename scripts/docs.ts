import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DOC_TABLES, withTables } from "./doc-tables.ts";

const ROOT = join(import.meta.dirname, "..");

for (const path of Object.keys(DOC_TABLES)) {
  writeFileSync(join(ROOT, path), withTables(path));
  console.log(`${path} is up to date`);
}

/** The chart's rules as a manifest of their own, for those who do not use Helm. */
const rules = readFileSync(join(ROOT, "deploy/helm/pod-watcher/prometheus-rules.yaml"), "utf8");
const head = `# Made from deploy/helm/pod-watcher/prometheus-rules.yaml by \`npm run docs\`.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: pod-watcher
  labels:
    app.kubernetes.io/name: pod-watcher
spec:
`;
writeFileSync(join(ROOT, "deploy/monitoring/prometheus-rule.yaml"), head + rules.replace(/^(?=.)/gm, "  "));
