import type { SignIn } from "../../../src/http/base/api-types.ts";
import { call, SignedOut } from "../api.ts";
import type { App } from "../app.ts";

/** Gets the way to sign in from the server and starts it; returns to the current address. */
export async function signIn(app: App): Promise<void> {
  try {
    await call("GET me");
    // Already signed in, in another tab.
    app.retry();
  } catch (error) {
    if (error instanceof SignedOut) beginSignIn(app, error.signIn);
    else app.toasts.add({ variant: "danger", title: "The server cannot be reached", detail: String(error) });
  }
}

/** A reload leads to the login page of a proxy. */
export function beginSignIn(app: App, how: SignIn | undefined): void {
  if (how?.kind === "token") app.dialog.set({ kind: "sign-in", hint: how.hint });
  else if (how === undefined || how.url === ".") location.reload();
  else location.assign(how.url.replace("{return}", encodeURIComponent(location.href)));
}
