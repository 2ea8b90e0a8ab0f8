import { expect, it } from "vitest";
import { anAlert } from "../../../test/support/alerts.ts";
import { alertLink } from "./alert-link.ts";

it("opens the row of the alert, if people can reach the page", () => {
  const alert = anAlert();
  const row = encodeURIComponent(["shop", alert.labels.pod, alert.labels.container].join("/"));
  expect(alertLink(alert, "https://pods.example/watch/")).toBe(`https://pods.example/watch/?open=${row}`);
  expect(alertLink({ labels: { alertname: "WatchStale", namespace: "shop" } }, "https://pods.example")).toBe(
    "https://pods.example/?open=shop",
  );
  expect(alertLink(alert, undefined)).toBeUndefined();
});
