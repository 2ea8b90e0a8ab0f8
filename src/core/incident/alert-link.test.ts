import { expect, it } from "vitest";
import { anAlert } from "../../../test/support/alerts.ts";
import { alertLink } from "./alert-link.ts";

it("opens the incident of the alert, if people can reach the page", () => {
  const alert = anAlert();
  expect(alertLink(alert, "https://pods.example/watch/")).toBe(
    "https://pods.example/watch/?open=shop%2FDeployment%2Fcheckout",
  );
  expect(alertLink({ labels: { alertname: "WatchStale", namespace: "shop" } }, "https://pods.example")).toBe(
    "https://pods.example/?open=shop%2FNamespace%2Fshop",
  );
  expect(alertLink(alert, undefined)).toBeUndefined();
});
