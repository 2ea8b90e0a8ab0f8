import { beforeEach, expect, it } from "vitest";
import { anAlert } from "../../test/support/alerts.ts";
import type { Alert } from "../core/model/alert.ts";
import { MINUTE } from "../core/model/time.ts";
import { type CoveringAcknowledgements, createCoveringAcknowledgements } from "./covering-acknowledgements.ts";

const NOW = Date.UTC(2026, 0, 1, 12);
const ACK = { by: "jdoe", at: NOW, note: "mine", notifyOnWorsening: true, coversIncident: true } as const;
const LATER = anAlert({ labels: { pod: "checkout-1" } });

let alerts: Map<string, Alert>;
let covering: CoveringAcknowledgements;
beforeEach(() => {
  alerts = new Map();
  covering = createCoveringAcknowledgements(
    (fingerprint) => alerts.get(fingerprint),
    () => 30 * MINUTE,
  );
});

function note(alert: Alert): void {
  alerts.set(alert.fingerprint, alert);
  covering.note(alert);
}

it("covers a later pod of the same workload and cause", () => {
  note(anAlert({ acknowledgement: ACK }));
  expect(covering.for(LATER, NOW)).toBe(ACK);
  expect(covering.for(anAlert({ labels: { pod: "cart-0", workload: "Deployment/cart" } }), NOW)).toBeUndefined();
  expect(covering.for(anAlert({ labels: { alertname: "PodImagePullFailing" } }), NOW)).toBeUndefined();
});

it("covers it until the incident has been resolved for the join time", () => {
  const state = { name: "resolved", activeAt: 1, firedAt: 1, resolvedAt: NOW - 30 * MINUTE } as const;
  note(anAlert({ acknowledgement: ACK, state }));
  expect(covering.for(LATER, NOW)).toBe(ACK);
  expect(covering.for(LATER, NOW + 1)).toBeUndefined();
});

it("does not cover after it was removed, or for a single alert", () => {
  const { coversIncident: _, ...single } = ACK;
  note(anAlert({ acknowledgement: single }));
  expect(covering.for(LATER, NOW)).toBeUndefined();
  note(anAlert({ acknowledgement: ACK }));
  note(anAlert());
  expect(covering.for(LATER, NOW)).toBeUndefined();
});

it("forgets alerts that are deleted", () => {
  const [first, second] = [
    anAlert({ acknowledgement: ACK }),
    anAlert({ labels: { pod: "checkout-2" }, acknowledgement: ACK }),
  ];
  note(first);
  note(second);
  covering.remove(first.fingerprint);
  expect(covering.for(LATER, NOW)).toBe(ACK);
  covering.remove(second.fingerprint);
  expect(covering.for(LATER, NOW)).toBeUndefined();
});
