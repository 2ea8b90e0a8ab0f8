import type { KeyPath } from "./key-path.ts";

/** A mistake in the configuration, for the person who wrote it. */
export interface Problem {
  /** `RESTART_THRESHOLD`, `config.yaml:6:13`, `--config`. */
  readonly where: string;
  /** The cause and the remedy. Never contains the value of a secret. */
  readonly message: string;
}

export function formatProblem({ where, message }: Problem): string {
  return `${where}: ${message}`;
}

/** Records a problem with the setting at `key`. */
export type ReportProblem = (key: KeyPath, message: string) => void;
