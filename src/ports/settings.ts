/** The headings under which settings are shown, in this order. */
export const SETTING_GROUPS = {
  watch: "Cluster and namespaces",
  thresholds: "Alert rules",
  notifications: "Notifications",
  storage: "Storage",
  access: "Access control",
  server: "Server",
} as const;

export type SettingGroup = keyof typeof SETTING_GROUPS;

/** Whether a changed value takes effect on a reload, or when the process starts the next time. */
export type ReloadBehavior = "immediate" | "restart";

/**
 * The callers who may read a value: every caller, callers with access to the namespace that it names, or only callers
 * with access to all namespaces.
 */
export type SettingVisibility = "everyone" | "namespace" | "unrestricted";

/** The configuration in force, one entry per setting. */
export interface ConfigView {
  readonly settings: readonly Setting[];
}

export interface Setting {
  /** The path in the file: `http.auth.mode`. */
  readonly key: string;
  /** The environment variable that sets it, if there is one. */
  readonly variable: string | undefined;
  readonly description: string;
  readonly group: SettingGroup;
  readonly reload: ReloadBehavior;
  readonly visibility: SettingVisibility;
  /** As written in a file; for a secret, whether it is set. Null: neither set nor defaulted. */
  readonly value: unknown;
  readonly secret: boolean;
  readonly source: "default" | "file" | "environment" | "argument";
  /** `config.yaml:6:13`, the name of the variable or of the option; undefined for a default. */
  readonly where: string | undefined;
  /** The value in the file that takes effect at the next start, if it differs from the one in force. */
  readonly nextStart?: { readonly value: unknown };
}
