import { describe, expect, it } from "vitest";
import { explainPostgres, placeOf } from "./postgres-errors.ts";

describe("placeOf", () => {
  it.each([
    ["postgres://eva:s3cret@db.example:6432/alerts?sslmode=verify-full", "db.example:6432/alerts"],
    ["postgresql://db/alerts", "db:5432/alerts"],
    ["postgres:///alerts?host=/run/postgresql", "/run/postgresql:5432/alerts"],
  ])("says of %s where it is and not how to get in", (url, place) => expect(placeOf(url)).toBe(place));

  it("does not repeat what it cannot read: the password may be in it", () => {
    for (const url of ["eva:s3cret@db", "mysql://eva:s3cret@db/x", "postgres://eva:s3cret@@d b:x/y", "s3cret"]) {
      expect(() => placeOf(url)).toThrow(/^(?!.*s3cret).*expected postgres:\/\//);
    }
  });
});

describe("explainPostgres", () => {
  const failure = (code: string) => Object.assign(new Error("as the driver puts it"), { code });

  it.each([
    ["ECONNREFUSED", /db:5432\/alerts refuses connections/],
    ["28P01", /refuses the user or the password/],
    ["3D000", /does not exist/],
    ["53100", /disk space/],
    ["42501", /does not let this user/],
    ["25006", /standby/],
  ])("puts %s in words and keeps the cause", (code, words) => {
    const explained = explainPostgres(failure(code), "db:5432/alerts");
    expect(explained.message).toMatch(words);
    expect(explained.cause).toMatchObject({ code });
  });

  it("leaves alone what it does not know", () => {
    const unknown = failure("XX000");
    expect(explainPostgres(unknown, "db:5432/alerts")).toBe(unknown);
    expect(explainPostgres("odd", "db:5432/alerts").message).toBe("odd");
  });
});
