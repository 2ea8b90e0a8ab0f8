/** `npm run bench -- NAME`: runs bench/NAME.ts, or lists the names. */
import { readdirSync } from "node:fs";

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts") && file !== "run.ts")
  .map((file) => file.replace(/\.ts$/, ""));
const [name] = process.argv.slice(2);

if (name === undefined || !names.includes(name)) {
  console.error(
    `${name === undefined ? "Which benchmark?" : `There is no benchmark ${name}.`} There are: ${names.join(", ")}`,
  );
  process.exitCode = 2;
} else {
  // The benchmark sees its arguments where it would if it were started directly.
  process.argv.splice(2, 1);
  await import(`./${name}.ts`);
}
