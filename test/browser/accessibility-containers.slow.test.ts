import { describe, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { checkScene } from "./support/scene-check.ts";
import { OTHER_SCENES } from "./support/scenes.ts";

const bench = useBench();

describe("axe finds no faults on the containers, in light, in dark and at 320 px", () => {
  it.each(OTHER_SCENES.filter(({ name }) => name.startsWith("containers")))("$name", (scene) =>
    checkScene(bench, scene),
  );
});
