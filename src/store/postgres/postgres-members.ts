/**
 * The tables with which replicas agree on the owner of the state. They are not part of the migrations: a standby of a new
 * version uses them while the owner is still of the old one. Only add columns that have a default.
 */
import type { ClientBase } from "pg";
import { MEMBER_TTL, type TakeoverCause } from "../../core/membership/membership.ts";
import { SECOND } from "../../core/model/time.ts";
import type { Takeover } from "../../ports/replicas.ts";

const TTL = `interval '${MEMBER_TTL / SECOND} seconds'`;
/** How long the owner's transactions may delay a takeover. Afterwards its sessions are ended. */
const LOCK_TIMEOUT = "3s";
const TAKEOVERS_KEPT = 20;

export interface MemberRow {
  readonly id: string;
  readonly version: string;
  readonly url: string | null;
  readonly startedAt: number;
  readonly expiresIn: number;
}

/** The content of the tables at one heartbeat. */
export interface Beat {
  /** False when this member was removed, because another one has taken over or it was expired for long. */
  readonly isMember: boolean;
  /** Milliseconds since the epoch, by the clock of the database. */
  readonly now: number;
  readonly owner: string | null;
  readonly changedFor: number;
  readonly members: readonly MemberRow[];
  readonly takeovers: readonly Takeover[];
}

export function memberQueries(schema: string) {
  const quoted = `"${schema.replaceAll('"', '""')}"`;
  const name = (table: string) => `${quoted}.${table}`;
  const [members, fences, ownership, takeovers] = ["members", "member_fences", "ownership", "takeovers"].map(name);
  const now = "extract(epoch from clock_timestamp()) * 1000";
  const since = (column: string) => `extract(epoch from clock_timestamp() - ${column}) * 1000`;

  const beat = `
    with beat as (
      update ${members} set expires = clock_timestamp() + ${TTL}, url = $2 where id = $1 returning id
    )
    select json_build_object(
      'isMember', exists (select from beat),
      'now', ${now},
      'owner', (select owner from ${ownership}),
      'changedFor', (select ${since("changed")} from ${ownership}),
      'members', (select coalesce(json_agg(json_build_object(
        'id', id, 'version', version, 'url', url, 'startedAt', extract(epoch from started) * 1000,
        'expiresIn', -(${since("expires")})) order by started), '[]') from ${members}),
      'takeovers', (select coalesce(json_agg(json_build_object(
        'at', extract(epoch from at) * 1000, 'cause', cause, 'vacantFor', vacant_ms) order by epoch desc), '[]')
        from ${takeovers})
    ) as beat`;

  return {
    /** Creates what is missing. Several replicas may do so at the same time. */
    async prepare(client: ClientBase): Promise<void> {
      await transaction(client, async () => {
        await client.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [`pod-watcher members:${schema}`]);
        const { rows } = await client.query("select to_regnamespace(quote_ident($1)) is null as missing", [schema]);
        if (rows[0]?.missing === true) await client.query(`create schema ${quoted}`);
        await client.query(`
          create table if not exists ${members} (
            id text primary key, version text not null, url text,
            started timestamptz not null default clock_timestamp(), expires timestamptz not null
          );
          create table if not exists ${fences} (id text primary key);
          create table if not exists ${ownership} (
            name text primary key, owner text, epoch bigint not null, changed timestamptz not null
          );
          create table if not exists ${takeovers} (
            epoch bigint primary key, at timestamptz not null, owner text not null, cause text not null,
            vacant_ms bigint not null
          );
          insert into ${ownership} values ('state', null, 0, clock_timestamp()) on conflict do nothing`);
      });
    },

    async join(client: ClientBase, id: string, version: string): Promise<void> {
      await transaction(client, async () => {
        const row = `insert into ${members} (id, version, expires) values ($1, $2, clock_timestamp() + ${TTL})`;
        await client.query(row, [id, version]);
        await client.query(`insert into ${fences} values ($1)`, [id]);
      });
    },

    async beat(client: ClientBase, id: string, url: string | undefined): Promise<Beat> {
      const { rows } = await client.query<{ beat: Beat }>(beat, [id, url ?? null]);
      return rows[0]!.beat;
    },

    /**
     * Makes this member the owner, unless another one is. Waits for the transactions of the previous owner, and then none
     * of its can commit any more. False when another member was faster.
     */
    async take(client: ClientBase, id: string, cause: TakeoverCause): Promise<boolean> {
      return await transaction(client, async () => {
        await client.query(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
        const { rows: locked } = await client.query<{ owner: string | null; vacant: string }>(
          `select owner, ${since("changed")} as vacant from ${ownership} for update`,
        );
        // A statement of its own, which sees what the previous holder of that lock has committed.
        const own = await client.query(`select from ${fences} where id = $1 for key share`, [id]);
        const [state] = locked;
        if (state === undefined || own.rowCount === 0) return false;
        let vacantFor = Number(state.vacant);
        if (state.owner !== null) {
          const { rows: expired } = await client.query<{ vacant: string }>(
            `delete from ${members} where id = $1 and expires < clock_timestamp()
             returning ${since(`(expires - ${TTL})`)} as vacant`,
            [state.owner],
          );
          const { rowCount: isLive } = await client.query(`select from ${members} where id = $1`, [state.owner]);
          if (isLive !== 0) return false;
          await client.query(`delete from ${fences} where id = $1`, [state.owner]);
          if (expired[0] !== undefined) vacantFor = Number(expired[0].vacant);
        }
        const { rows } = await client.query<{ epoch: string }>(
          `update ${ownership} set owner = $1, epoch = epoch + 1, changed = clock_timestamp() returning epoch`,
          [id],
        );
        const epoch = Number(rows[0]?.epoch);
        await client.query(`insert into ${takeovers} values ($1, clock_timestamp(), $2, $3, $4)`, [
          epoch,
          id,
          cause,
          Math.max(0, Math.round(vacantFor)),
        ]);
        await client.query(`delete from ${takeovers} where epoch <= $1`, [epoch - TAKEOVERS_KEPT]);
        return true;
      });
    },

    /** Ends the sessions of a member whose transactions have delayed a takeover for too long. */
    async endSessions(client: ClientBase, applicationName: string): Promise<void> {
      const end = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1";
      await client.query(end, [applicationName]);
    },

    async leave(client: ClientBase, id: string): Promise<void> {
      await transaction(client, async () => {
        const release = `update ${ownership} set owner = null, changed = clock_timestamp() where owner = $1`;
        await client.query(release, [id]);
        for (const table of [fences, members]) await client.query(`delete from ${table} where id = $1`, [id]);
      });
    },

    /** Deletes members that have not renewed for a minute. The owner does that. */
    async removeExpired(client: ClientBase, id: string): Promise<void> {
      await transaction(client, async () => {
        const old = `select id from ${members} where id <> $1 and expires < clock_timestamp() - interval '1 minute'`;
        await client.query(`delete from ${fences} where id in (${old})`, [id]);
        await client.query(
          `delete from ${members} where id <> $1 and expires < clock_timestamp() - interval '1 minute'`,
          [id],
        );
      });
    },
  };
}

async function transaction<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    const result = await work();
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  }
}
