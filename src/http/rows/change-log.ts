import type { Row } from "../schemas/state.ts";

/** One numbered change of the state. */
export interface ChangeLogEntry {
  readonly seq: number;
  readonly changed: readonly Row[];
  /** As they were last. */
  readonly removed: readonly Row[];
  readonly health: boolean;
  readonly config: boolean;
}

/** Kept for clients that reconnect: a few minutes of frequent changes. */
const MAX_ENTRIES = 1_000;
/** At most about two full tables of rows. */
const MAX_ROWS = 40_000;

/** The most recent changes by number. Numbers increase, even across `forget`. */
export class ChangeLog {
  #seq: number;
  #entries: ChangeLogEntry[] = [];
  #rows = 0;
  /** The number before the oldest change in the log. */
  #before: number;

  constructor(start: number) {
    this.#seq = start;
    this.#before = start;
  }

  get seq(): number {
    return this.#seq;
  }

  /** Starts a new state: clients with an earlier number must fetch it. */
  begin(): void {
    this.#seq++;
    this.#before = this.#seq;
  }

  add(change: Omit<ChangeLogEntry, "seq">): ChangeLogEntry {
    const entry = { ...change, seq: ++this.#seq };
    this.#entries.push(entry);
    this.#rows += weight(entry);
    while (this.#entries.length > MAX_ENTRIES || (this.#rows > MAX_ROWS && this.#entries.length > 0)) {
      const oldest = this.#entries.shift()!;
      this.#rows -= weight(oldest);
      this.#before = oldest.seq;
    }
    return entry;
  }

  since(seq: number): readonly ChangeLogEntry[] | undefined {
    if (seq < this.#before || seq > this.#seq) return undefined;
    return this.#entries.filter((entry) => entry.seq > seq);
  }

  forget(): void {
    this.#entries = [];
    this.#rows = 0;
    this.begin();
  }
}

function weight({ changed, removed }: ChangeLogEntry): number {
  return changed.length + removed.length;
}
