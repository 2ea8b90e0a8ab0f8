import { expect, it } from "vitest";
import { isLoopback } from "./loopback.ts";

it.each([
  ["localhost", true],
  ["127.0.0.1", true],
  ["127.10.0.3", true],
  ["::1", true],
  ["[::1]", true],
  ["127.example.com", false],
  ["localhost.example.com", false],
  ["10.0.0.1", false],
  ["0.0.0.0", false],
  ["::", false],
])("%s: %s", (host, expected) => expect(isLoopback(host)).toBe(expected));
