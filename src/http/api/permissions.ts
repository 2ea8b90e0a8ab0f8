import type { Caller } from "../base/caller.ts";
import type { Can, Permission } from "../schemas/permissions.ts";

const VIEW_ONLY = "You have read-only access.";

/** The permissions of the caller, with reasons for denials. `namespaces` are those that they see. */
export async function permissionsOf(caller: Caller, namespaces: readonly string[]): Promise<Can> {
  const writable = await Promise.all(namespaces.map((namespace) => caller.mayWrite(namespace)));
  const everywhere = await caller.mayWriteEverywhere();
  const anywhere: Permission = writable.includes(true) || everywhere ? true : { reason: VIEW_ONLY };
  const denied = namespaces.filter((_, index) => writable[index] === false);
  const all: Permission = everywhere ? true : { reason: "This needs write access to all namespaces." };
  return {
    ack: anywhere,
    silence: anywhere,
    export: true,
    testReceivers: all,
    silenceEverything: all,
    ...(anywhere !== true || denied.length === 0
      ? {}
      : {
          namespaces: Object.fromEntries(
            denied.map((namespace) => {
              const no = { reason: `You have read-only access to ${namespace}.` };
              return [namespace, { ack: no, silence: no }];
            }),
          ),
        }),
  };
}
