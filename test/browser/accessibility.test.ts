import { describe, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { checkScene } from "./support/scene-check.ts";
import { MAIN_SCENES } from "./support/scenes.ts";

const bench = useBench();

/** Every other scene is in the slow files. */
describe("axe finds no faults on the main screens, in light, in dark and at 320 px", () => {
  it.each(MAIN_SCENES)("$name", (scene) => checkScene(bench, scene));
});
