import type { Command } from "commander";

/** By command: what `--help` and docs/cli.md show. `pod-watcher` is the program without a command. */
export const EXAMPLES: Readonly<Record<string, readonly [string, string, ...string[]]>> = {
  "pod-watcher": ["pod-watcher demo", "pod-watcher serve -n shop billing"],
  serve: ["pod-watcher serve -n shop billing", "pod-watcher serve -c config.yaml -p 8081"],
  demo: ["pod-watcher demo", "pod-watcher demo -p 8081 -s 30"],
  check: ["pod-watcher check shop billing", "pod-watcher check shop --format nagios --timeout 20"],
  alerts: ["pod-watcher alerts -n shop", "pod-watcher alerts --watch -u https://pods.example"],
  top: ["pod-watcher top -u https://pods.example", "pod-watcher top --by sam"],
  explain: ["pod-watcher explain shop/checkout-7d4b9c6f5-x2lqp", "pod-watcher explain shop/web-0/app --format json"],
  ack: [
    "pod-watcher ack shop/Deployment/checkout --by sam --note 'rolling back'",
    "pod-watcher ack shop/Deployment/checkout --undo",
  ],
  silence: [
    "pod-watcher silence shop/Deployment/checkout --for 2h --reason 'database is moved'",
    "pod-watcher silence -m 'namespace=\"shop\"' 'alertname=\"PodNotReady\"' --for 30m --reason 'node upgrade'",
    "pod-watcher silence --list",
  ],
  replay: ["pod-watcher replay shop.ndjson", "pod-watcher replay shop.ndjson.gz -n shop --format table"],
  config: ["pod-watcher config -c config.yaml", "pod-watcher config --json-schema"],
};

export function withExamples(command: Command): Command {
  const examples = EXAMPLES[command.name()] ?? [];
  return command.addHelpText("after", `\nExamples:\n${examples.map((line) => `  $ ${line}\n`).join("")}`);
}
