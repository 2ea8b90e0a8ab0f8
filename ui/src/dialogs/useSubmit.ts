import { useRef, useState } from "react";
import { newKey } from "../api.ts";

export interface Submit {
  readonly isPending: boolean;
  readonly error: unknown;
  readonly run: () => void;
}

/**
 * Sends once at a time. The idempotency key lives as long as the same thing is sent: after a failure whose outcome
 * nobody knows, sending again does no harm. `body` stands for what is sent; another one is another request.
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
