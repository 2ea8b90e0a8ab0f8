/** The supported wire formats of the Kubernetes API. */
export type WireFormat = "protobuf" | "json";

/**
 * The stream cannot be decoded. Nothing after it may be applied, because a later resourceVersion would hide the gap
 * (kubernetes-watch.md rule 16). The caller closes the connection and resumes from the last good resourceVersion.
 */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  readonly format: WireFormat | undefined;
  /** Offset in the body, in bytes, of the frame, line or item that cannot be decoded. */
  readonly offset: number;

  constructor(what: string, format: WireFormat | undefined, offset: number) {
    super(format === undefined ? what : `${what} (${format}, at byte ${offset})`);
    this.format = format;
    this.offset = offset;
  }
}
