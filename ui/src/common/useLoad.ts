import { useCallback, useEffect, useRef, useState } from "react";
import { SignedOut } from "../api.ts";
import { useApp } from "../context.ts";

export interface Loaded<T> {
  /** The last response; it stays while a newer one loads or fails. */
  readonly data: T | undefined;
  readonly error: unknown;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/**
 * Loads data for `key`, and again whenever `refresh` changes, while the old data stays visible. Responses for an earlier
 * key are dropped.
 */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>, refresh: unknown = 0): Loaded<T> {
  const { link } = useApp();
  const [state, setState] = useState<{ key: string; data: T | undefined; error: unknown; isLoading: boolean }>({
    key,
    data: undefined,
    error: undefined,
    isLoading: true,
  });
  const [reloads, setReloads] = useState(0);
  const latest = useRef(load);
  latest.current = load;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `refresh` and `reloads` trigger a reload
  useEffect(() => {
    const aborter = new AbortController();
    setState((before) => ({
      key,
      data: before.key === key ? before.data : undefined,
      error: undefined,
      isLoading: true,
    }));
    latest.current(aborter.signal).then(
      (data) => {
        if (!aborter.signal.aborted) setState({ key, data, error: undefined, isLoading: false });
      },
      (error: unknown) => {
        if (aborter.signal.aborted) return;
        if (error instanceof SignedOut) link.status({ name: "signed-out" });
        setState((before) => ({ ...before, error, isLoading: false }));
      },
    );
    return () => aborter.abort();
  }, [key, refresh, reloads]);

  const reload = useCallback(() => setReloads((count) => count + 1), []);
  const isCurrent = state.key === key;
  return {
    data: isCurrent ? state.data : undefined,
    error: isCurrent ? state.error : undefined,
    isLoading: isCurrent ? state.isLoading : true,
    reload,
  };
}
