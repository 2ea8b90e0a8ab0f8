import { createValue } from "./value.ts";

export interface Toast {
  readonly id: number;
  readonly variant: "success" | "danger" | "info";
  readonly title: string;
  readonly detail?: string;
  readonly actions?: readonly { readonly label: string; readonly run: () => void }[];
}

/** Long enough to find and use Undo. */
export const TOAST_MS = 10_000;

/** Short messages. Errors stay until they are closed. */
export function createToasts() {
  const value = createValue<readonly Toast[]>([]);
  let last = 0;
  function remove(id: number): void {
    value.set(value.get().filter((toast) => toast.id !== id));
  }
  return {
    get: value.get,
    subscribe: value.subscribe,
    remove,
    add(toast: Omit<Toast, "id">): number {
      last += 1;
      const id = last;
      value.set([...value.get().slice(-3), { ...toast, id }]);
      return id;
    },
  };
}
