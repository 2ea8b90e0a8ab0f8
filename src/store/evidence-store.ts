import type { Kysely } from "kysely";
import type { EvidenceSnapshot, EvidenceStore } from "../ports/evidence.ts";
import type { Tables } from "./schema.ts";

export interface EvidenceStoreDependencies {
  readonly db: Kysely<Tables>;
  readonly explained: <T>(work: () => Promise<T>) => Promise<T>;
}

export function createEvidenceStore({ db, explained }: EvidenceStoreDependencies): EvidenceStore {
  return {
    keep: ({ fingerprint, episode }, evidence) =>
      explained(async () => {
        const row = { taken_at: evidence.takenAt, payload: JSON.stringify(evidence) };
        await db
          .insertInto("evidence")
          .values({ fingerprint, episode, ...row })
          .onConflict((conflict) => conflict.columns(["fingerprint", "episode"]).doUpdateSet(row))
          .execute();
      }),
    kept: ({ fingerprint, episode }) =>
      explained(async () => {
        const row = await db
          .selectFrom("evidence")
          .select("payload")
          .where("fingerprint", "=", fingerprint)
          .where("episode", "=", episode)
          .executeTakeFirst();
        return row === undefined ? undefined : (JSON.parse(row.payload) as EvidenceSnapshot);
      }),
  };
}
