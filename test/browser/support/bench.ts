import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import type { State } from "../../../src/http/base/api-types.ts";
import { builtPage } from "./built-page.ts";
import { launchChromium } from "./chromium.ts";
import { exampleRows, exampleState } from "./example-state.ts";
import { type FixtureServer, startFixture } from "./fixture-server.ts";
import { openTab, type Tab } from "./tab.ts";

export interface Bench {
  readonly browser: Browser;
  serve(state?: State, options?: { readonly prefix?: string; readonly frozen?: boolean }): Promise<FixtureServer>;
  open(server: FixtureServer, path?: string, options?: Parameters<typeof openTab>[2]): Promise<Tab>;
}

let launched: Promise<Browser> | undefined;

/** One browser for all files that run in this process, which ends it, and the built page. */
export function useBench(): Bench {
  let browser: Browser | undefined;
  let page = "";
  beforeAll(async () => {
    page = await builtPage();
    launched ??= launchChromium();
    browser = await launched;
  });
  afterAll(async () => {
    for (const context of browser?.contexts() ?? []) await context.close();
  });
  return {
    get browser() {
      if (browser === undefined) throw new Error("The browser runs within tests only");
      return browser;
    },
    serve(state = exampleState(exampleRows(2_000)), options = {}) {
      return startFixture({ state, page, ...options });
    },
    open(server, path = "", options = {}) {
      return openTab(this.browser, `${server.url}${path}`, options);
    },
  };
}
