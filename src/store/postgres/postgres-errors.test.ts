import { describe, expect, it } from "vitest";
import { databaseOf, explainPostgres } from "./postgres-errors.ts";

describe("databaseOf", () => {
  it.each([
    ["postgres://eva:s3cret@db.example:6432/alerts?sslmode=verify-full", "db.example:6432/alerts"],
    ["postgresql://db/alerts", "db:5432/alerts"],
    ["postgres:///alerts?host=/run/postgresql", "/run/postgresql:5432/alerts"],
  ])("shows the host and the database of %s, but no credentials", (url, database) =>
    expect(databaseOf(url)).toBe(database),
  );

  it("does not repeat an invalid URL, which may contain the password", () => {
    for (const url of ["eva:s3cret@db", "mysql://eva:s3cret@db/x", "postgres://eva:s3cret@@d b:x/y", "s3cret"]) {
      expect(() => databaseOf(url)).toThrow(/^(?!.*s3cret).*expected postgres:\/\//);
    }
  });
});

describe("explainPostgres", () => {
  const failure = (code: string) => Object.assign(new Error("message of the driver"), { code });

  it.each([
    ["ECONNREFUSED", /db:5432\/alerts refuses connections/],
    ["28P01", /rejects the user or the password/],
    ["3D000", /does not exist/],
    ["53100", /disk space/],
    ["42501", /denies this user/],
    ["25006", /standby/],
  ])("explains %s and keeps the cause", (code, words) => {
    const explained = explainPostgres(failure(code), "db:5432/alerts");
    expect(explained.message).toMatch(words);
    expect(explained.cause).toMatchObject({ code });
  });

  it("returns unknown errors unchanged", () => {
    const unknown = failure("XX000");
    expect(explainPostgres(unknown, "db:5432/alerts")).toBe(unknown);
    expect(explainPostgres("odd", "db:5432/alerts").message).toBe("odd");
  });
});
