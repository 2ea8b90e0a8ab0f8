/** The message of whatever was thrown, for a log field or as part of a sentence. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
