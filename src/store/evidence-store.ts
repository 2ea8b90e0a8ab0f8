import type { EvidenceSnapshot, EvidenceStore } from "../ports/evidence.ts";
import type { Queries } from "./backend.ts";

export function createEvidenceStore({ db, run, write }: Queries): EvidenceStore {
  return {
    put: ({ fingerprint, episode }, evidence) =>
      write(async (trx) => {
        const row = { taken_at: evidence.takenAt, payload: JSON.stringify(evidence) };
        await trx
          .insertInto("evidence")
          .values({ fingerprint, episode, ...row })
          .onConflict((conflict) => conflict.columns(["fingerprint", "episode"]).doUpdateSet(row))
          .execute();
      }),
    get: ({ fingerprint, episode }) =>
      run(async () => {
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
