import { expect, it, vi } from "vitest";
import { changedQuery, incidentRequest, readIncidentQuery, writeIncidentQuery } from "./incident-query.ts";

vi.mock("./location.ts", () => ({ getLocation: () => ({ search: "" }), replaceSearch: () => {} }));

it("contains the whole query, without default values", () => {
  const search =
    "?view=open&severity=critical,warning&ns=shop,pay&q=node:worker-3&sort=longest&group=node&name=Team&page=2&open=shop/Deployment/web@17&pod=shop/web-1/app&do=silence&for=1h";
  expect(writeIncidentQuery(readIncidentQuery(search))).toBe(search.replace("node:", "node%3A"));
  expect(writeIncidentQuery(readIncidentQuery(""))).toBe("");
});

it("ignores invalid parts of old or mistyped links", () => {
  expect(
    readIncidentQuery("?view=mine&severity=broken,unknown&sort=colour&group=x&page=-2&open=&do=delete"),
  ).toMatchObject({
    view: "attention",
    severity: ["unknown"],
    sort: "severity",
    group: undefined,
    page: 1,
    open: undefined,
    ask: undefined,
  });
});

it("drops the name of a saved view when the view changes", () => {
  const saved = readIncidentQuery("?ns=shop&name=Team");
  expect(changedQuery(saved, { open: "x", page: 2 }).name).toBe("Team");
  expect(changedQuery(saved, { ns: ["pay"] }).name).toBe("");
  expect(changedQuery(saved, { ns: ["pay"], name: "Pay" }).name).toBe("Pay");
});

it("asks the server for one page, with the filters that are set", () => {
  expect(incidentRequest(readIncidentQuery("?open=x"))).toEqual({
    view: "attention",
    sort: "severity",
    page: 1,
    perPage: 40,
  });
  expect(incidentRequest(readIncidentQuery("?severity=critical&ns=a,b&q=x&group=node"))).toMatchObject({
    severity: "critical",
    ns: "a,b",
    q: "x",
    group: "node",
  });
});
