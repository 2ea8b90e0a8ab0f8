import type { ContainerType, Owner, PodCondition, RestartRule, Workload } from "../../core/model/pod.ts";
import type { Pool } from "./pool.ts";

/**
 * Keeps one copy of strings and objects that many pods share (namespaces, nodes, images, reasons, owners), in bounded
 * memory. An evicted value is stored again at its next use.
 */
export interface Interner {
  /** The shared copy of `value`. The copy never keeps a larger string or buffer alive. */
  string(value: string): string;
  /** The shared string of UTF-8 bytes, without creating a new one when it is stored. */
  bytes(buffer: Buffer, start: number, end: number): string;
  /** Objects that many pods share, with one pool for each kind. */
  readonly owners: Pool<Owner>;
  readonly ownerships: Pool<Ownership>;
  readonly conditions: Pool<ConditionValue>;
  readonly templates: Pool<Template[]>;
}

/** The common fields of the pods of one owner. */
export interface Ownership {
  readonly owner: Owner | undefined;
  readonly workload: Workload;
  /** Determines the workload, together with the owner. */
  readonly podTemplateHash: string;
}

/** A condition without its time, which makes it equal in most pods. */
export interface ConditionValue {
  readonly status: PodCondition["status"];
  readonly reason: string | undefined;
  readonly message: string | undefined;
}

/** The common fields of the containers of one pod template. */
export interface Template {
  readonly name: string;
  readonly type: ContainerType;
  readonly image: string;
  readonly imageID: string | undefined;
  readonly restartRules: readonly RestartRule[] | undefined;
  readonly resizeRestarts: boolean;
  readonly startupProbe: boolean;
}
