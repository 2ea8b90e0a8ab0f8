import { useRef, useState } from "react";
import { newKey } from "../api.ts";

export interface Submit {
  readonly isPending: boolean;
  readonly error: unknown;
  readonly run: () => void;
}

/**
 * Sends once at a time. The key stays the same while `body` does, so that a retry after a failure with an unknown
 * outcome can create the same object again instead of a second one.
 */
export function useSubmit(send: (key: string) => Promise<void>, body: string): Submit {
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const key = useRef({ body, key: newKey() });
  if (key.current.body !== body) key.current = { body, key: newKey() };
  return {
    isPending,
    error,
    run: () => {
      setPending(true);
      setError(undefined);
      send(key.current.key)
        .catch(setError)
        .finally(() => setPending(false));
    },
  };
}
