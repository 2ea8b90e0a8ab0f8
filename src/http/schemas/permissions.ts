import { z } from "zod";

export const permission = z
  .union([z.literal(true), z.object({ reason: z.string() })])
  .meta({ id: "Permission", description: "True, or why the caller has no permission." });
export type Permission = z.output<typeof permission>;

export const can = z
  .object({
    ack: permission,
    silence: permission,
    export: permission,
    testReceivers: permission,
    silenceEverything: permission,
    namespaces: z
      .record(z.string(), z.object({ ack: permission.exactOptional(), silence: permission.exactOptional() }))
      .exactOptional()
      .meta({ description: "Namespaces with other permissions." }),
  })
  .meta({ id: "Permissions" });
export type Can = z.output<typeof can>;

export const me = z
  .object({
    user: z.string().exactOptional().meta({ description: "Login name; absent in the mode `none`." }),
    mode: z.enum(["none", "token", "kubernetes"]),
    csrf: z.string().meta({ description: "Browsers send it as `X-CSRF-Token` with every change." }),
    can,
    signOut: z
      .literal("session")
      .exactOptional()
      .meta({ description: "Present when `DELETE /api/v1/session` signs the caller out." }),
  })
  .meta({ id: "Me" });
export type Me = z.output<typeof me>;

export const sessionBody = z.strictObject({ token: z.string().trim().min(1).max(8_000).meta({ pattern: "\\S" }) });
