import type { FastifyInstance } from "fastify";
import { callerOf } from "../base/caller.ts";
import { escapeMarkup } from "../base/html.ts";
import type { Overview, OverviewFor } from "./overview.ts";

/** Average character width of the 11 px font; `textLength` fits the text to the computed width. */
const CHARACTER = 6.6;
const PADDING = 8;

/** GET /badge.svg, for dashboards. */
export function badgeRoute(overviewFor: OverviewFor) {
  return function badgeOnly(app: FastifyInstance): void {
    app.get("/badge.svg", { schema: { hide: true } }, async (request, reply) =>
      reply
        .type("image/svg+xml; charset=utf-8")
        .header("cache-control", "no-cache")
        .send(badge(await overviewFor(callerOf(request)))),
    );
  };
}

/** An SVG image with the worst state as text and colour. */
function badge(overview: Overview): string {
  const [text, colour] = verdict(overview);
  const label = "pods";
  const left = Math.round(label.length * CHARACTER) + 2 * PADDING;
  const right = Math.round(text.length * CHARACTER) + 2 * PADDING;
  const title = escapeMarkup(`${label}: ${text}`);
  const words = (x: number, width: number, content: string) =>
    `<text x="${x + width / 2}" y="14" textLength="${width - 2 * PADDING}">${escapeMarkup(content)}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${title}"><title>${title}</title><rect width="${left}" height="20" fill="#3c3f42"/><rect x="${left}" width="${right}" height="20" fill="${colour}"/><g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">${words(0, left, label)}${words(left, right, text)}</g></svg>\n`;
}

/** All colours have a contrast of at least 4.5 to white. */
function verdict({ failures, warnings, sent, unknown, namespaces }: Overview): readonly [string, string] {
  if (failures > 0) return [`${failures} failing`, "#b1380b"];
  if (unknown > 0 || namespaces.length === 0) return ["unknown", "#5e40be"];
  if (warnings > 0) return [`${warnings} ${warnings === 1 ? "warning" : "warnings"}`, "#795600"];
  if (sent > 0) return [`${sent} reported`, "#00605f"];
  return ["all normal", "#3d7317"];
}
