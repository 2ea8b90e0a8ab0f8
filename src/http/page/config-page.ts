import type { ConfigView, Setting } from "../../ports/settings.ts";
import { type Html, html } from "../base/html.ts";
import { maskUrl } from "../base/mask-url.ts";

export function configPage({ settings }: ConfigView): Html {
  return html`<p>The settings in force, read-only. Secrets are never shown. The same <a href="api/v1/config">as data</a>.</p>
<table>
<thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col">From</th></tr></thead>
<tbody>
${settings.map(
  (setting) => html`<tr>
<td data-label="Setting"><code>${setting.key}</code>${setting.variable === undefined ? undefined : html`<br><small>${setting.variable}</small>`}<br><small>${setting.description}</small></td>
<td data-label="Value">${shownValue(setting)}${
    setting.nextStart &&
    html`<br><strong>At the next start:</strong> ${shownValue({ ...setting, ...setting.nextStart })}`
  }</td>
<td data-label="From">${setting.where ?? setting.source}</td>
</tr>
`,
)}</tbody>
</table>`;
}

function shownValue({ secret, value }: Setting): Html {
  if (secret) return html`<em>${value === null || value === false || value === undefined ? "not set" : "set"}</em>`;
  if (value === null || value === undefined) return html`<em>not set</em>`;
  return html`<code>${settingText(value)}</code>`;
}

/** A value on one line, with the paths of addresses masked: those of webhooks are as good as passwords. */
export function settingText(value: unknown): string {
  return typeof value === "string" ? maskUrl(value) : JSON.stringify(maskUrls(value));
}

/** The same settings with the paths of addresses masked, however deep. */
export function maskedConfig({ settings }: ConfigView): ConfigView {
  return {
    settings: settings.map((setting) => ({
      ...setting,
      value: maskUrls(setting.value),
      ...(setting.nextStart && { nextStart: { value: maskUrls(setting.nextStart.value) } }),
    })),
  };
}

function maskUrls(value: unknown): unknown {
  if (typeof value === "string") return maskUrl(value);
  if (Array.isArray(value)) return value.map(maskUrls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, maskUrls(inner)]));
}
