import { readFileSync } from "node:fs";

/**
 * Milliseconds of CPU time that this thread has used. What this thread does between two readings takes as long on an idle
 * machine; on a busy one, the time on the clock has the work of other processes in it too.
 */
export function cpuTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** The same of the main thread of another process, in steps of 10 ms. Linux only. */
export function cpuTimeOf(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, "utf8");
  // After the name in parentheses: utime and stime are fields 14 and 15 of proc_pid_stat(5), in ticks of 10 ms.
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  return (Number(user) + Number(system)) * 10;
}
