/** One thing that is wrong with the configuration, for the person who wrote it. */
export interface Problem {
  /** `RESTART_THRESHOLD`, `config.yaml:6:13`, `--config`. */
  readonly where: string;
  /** What is wrong and what would be right. Never holds a secret's value. */
  readonly message: string;
}

export function formatProblem({ where, message }: Problem): string {
  return `${where}: ${message}`;
}
