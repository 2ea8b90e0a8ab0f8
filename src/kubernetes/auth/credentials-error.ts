import { errorMessage } from "../../util/error-message.ts";

/** The API server's address or the credentials are missing or invalid. The message includes the remedy. */
export class CredentialsError extends Error {
  override readonly name = "CredentialsError";
  /** The remedy, in one sentence. */
  readonly remedy: string;

  constructor(problem: string, remedy: string, cause?: unknown) {
    super(`${problem}. ${remedy}`, cause === undefined ? undefined : { cause });
    this.remedy = remedy;
  }
}

/** Why a file could not be read; never its content. */
export function whyUnreadable(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
      return "there is no such file";
    case "EACCES":
    case "EPERM":
      return "this user may not read it";
    case "EISDIR":
      return "it is a directory";
    default:
      return errorMessage(error);
  }
}
