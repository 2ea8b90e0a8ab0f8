import type { SignIn } from "../../../src/http/base/api-types.ts";
import { call, SignedOut } from "../api.ts";
import type { App } from "../app.ts";

/** Asks the server how to sign in, and begins it; comes back to the address that is open now. */
export async function signIn(app: App): Promise<void> {
  try {
    await call("GET me");
    // Signed in meanwhile, in another tab.
    app.retry();
  } catch (error) {
    if (error instanceof SignedOut) beginSignIn(app, error.signIn);
    else app.toasts.add({ variant: "danger", title: "The server cannot be reached", detail: String(error) });
  }
}

/** A proxy's login comes by itself when the page is loaded again. */
export function beginSignIn(app: App, how: SignIn | undefined): void {
  if (how?.kind === "token") app.dialog.set({ kind: "sign-in", hint: how.hint });
  else if (how === undefined || how.url === ".") location.reload();
  else location.assign(how.url.replace("{return}", encodeURIComponent(location.href)));
}
