import { useCallback, useEffect, useRef, useState } from "react";
import { SignedOut } from "../api.ts";
import { useApp } from "../context.ts";

export interface Loaded<T> {
  /** The newest answer; it stays while a newer one is on its way or fails. */
  readonly data: T | undefined;
  readonly error: unknown;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/**
 * Loads something for `key` and again whenever `refresh` changes, without taking away what is already shown. An answer
 * for a key that is no longer asked for is dropped.
 */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>, refresh: unknown = 0): Loaded<T> {
  const { link } = useApp();
  const [state, setState] = useState<{ key: string; data: T | undefined; error: unknown; isLoading: boolean }>({
    key,
    data: undefined,
    error: undefined,
    isLoading: true,
  });
  const [tries, setTries] = useState(0);
  const latest = useRef(load);
  latest.current = load;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `refresh` and `tries` ask for the same thing again
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
  }, [key, refresh, tries]);

  const reload = useCallback(() => setTries((count) => count + 1), []);
  const isCurrent = state.key === key;
  return {
    data: isCurrent ? state.data : undefined,
    error: isCurrent ? state.error : undefined,
    isLoading: isCurrent ? state.isLoading : true,
    reload,
  };
}
