import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunningApp, Stage } from "./running-app.ts";

export interface Caller {
  readonly name: string;
  readonly namespaces?: readonly string[];
  readonly rights: readonly ("read" | "write")[];
}

/** The real program in the mode `token`; `as` sends requests with the token of one of the callers. */
export async function startWithTokens(stage: Stage, callers: readonly Caller[], more = "") {
  const tokenOf = (name: string) => `token-of-${name}-1234567890`;
  const tokens = callers.map(({ name, namespaces, rights }) => {
    const file = join(stage.folder, `${name}-token`);
    writeFileSync(file, tokenOf(name));
    const where = namespaces === undefined ? "" : `, namespaces: [${namespaces.join(", ")}]`;
    return `{ name: ${name}, file: "${file}", rights: [${rights.join(", ")}]${where} }`;
  });
  const file = join(stage.folder, "config.yaml");
  writeFileSync(file, `http: { auth: { mode: token, tokens: [${tokens.join(", ")}] } }\n${more}`);
  const app: RunningApp = await stage.start({ POD_WATCHER_CONFIG: file });
  return {
    app,
    tokenOf,
    as: async (name: string, method: string, path: string, body?: object) => {
      const response = await fetch(new URL(path, app.url), {
        method,
        headers: { authorization: `Bearer ${tokenOf(name)}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.text() };
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}
