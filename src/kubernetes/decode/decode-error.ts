/** The wire formats of the Kubernetes API that are read here. */
export type WireFormat = "protobuf" | "json";

/**
 * A stream that cannot be read any further. Nothing after it may be applied: a later resourceVersion would hide the
 * hole (watch.md rule 16). The caller drops the connection and resumes from the last good resourceVersion.
 */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  readonly format: WireFormat | undefined;
  /** Bytes from the beginning of the body to the unit (frame, line, item) that cannot be read. */
  readonly offset: number;

  constructor(what: string, format: WireFormat | undefined, offset: number) {
    super(format === undefined ? what : `${what} (${format}, at byte ${offset})`);
    this.format = format;
    this.offset = offset;
  }
}
