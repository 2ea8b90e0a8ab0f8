import { z } from "zod";
import { list, milliseconds, time } from "./fields.ts";

const receiver = z
  .object({
    name: z.string(),
    kind: z.string().meta({ examples: ["slack"] }),
    state: z.enum(["ok", "failing", "unused"]),
    lastDeliveredAt: time.exactOptional(),
    pending: z.int().meta({ description: "Notifications that wait to be sent." }),
    problem: z.string().exactOptional().meta({ description: "Why the last attempt failed." }),
  })
  .meta({ id: "Receiver" });
export type ReceiverView = z.output<typeof receiver>;

export const receivers = z.object({ receivers: list(receiver) });

export const testResult = z
  .object({ delivered: z.boolean(), latencyMs: milliseconds, detail: z.string().exactOptional() })
  .meta({ id: "TestResult" });
export type TestResult = z.output<typeof testResult>;
