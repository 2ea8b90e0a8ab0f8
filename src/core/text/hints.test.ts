import { describe, expect, it } from "vitest";
import { crashHint, startHint } from "./hints.ts";

describe("crashHint", () => {
  it.each`
    explanation                    | text
    ${"lacks permission"}          | ${"mkdir: cannot create directory '/var/cache/nginx': Permission denied"}
    ${"read-only"}                 | ${"OSError: [Errno 30] Read-only file system: '/app/tmp'"}
    ${"disk is full"}              | ${"Error: ENOSPC: no space left on device, write"}
    ${"runtime ran out of memory"} | ${"FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"}
    ${"port"}                      | ${"Error: listen EADDRINUSE: address already in use :::8080"}
    ${"cannot reach a dependency"} | ${"FATAL: cannot reach database orders:5432"}
    ${"CPU architecture"}          | ${"exec /app/server: exec format error"}
  `("$explanation: $text", ({ explanation, text }) => expect(crashHint(text)?.explanation).toContain(explanation));

  it.each`
    explanation                     | text
    ${"database user lacks"}        | ${"ERROR:  permission denied for tablespace fast"}
    ${"database user lacks"}        | ${"ERROR 1142 (42000): SELECT command denied to user 'app'@'10.0.0.1' for table 'orders'"}
    ${"database user lacks"}        | ${"sqlalchemy.exc.ProgrammingError: (psycopg2.errors.InsufficientPrivilege) permission denied for schema public"}
    ${"database user lacks"}        | ${"ERROR: permission denied for table orders (SQLSTATE 42501)"}
    ${"rejects its credentials"}    | ${'FATAL: password authentication failed for user "app"'}
    ${"rejects its credentials"}    | ${"ERROR 1045 (28000): Access denied for user 'app'@'10.0.0.1' (using password: YES)"}
    ${"service account lacks"}      | ${'pods is forbidden: User "system:serviceaccount:shop:app" cannot list resource "pods" in API group ""'}
    ${"may not listen on its port"} | ${"nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)"}
    ${"may not listen on its port"} | ${"Error: listen EACCES: permission denied 0.0.0.0:80"}
    ${"may not listen on its port"} | ${"listen tcp :443: bind: permission denied"}
    ${"may not change owners"}      | ${"chown: changing ownership of '/data': Operation not permitted"}
    ${"permission for a file"}      | ${"open /var/log/app.log: permission denied"}
    ${"permission for a file"}      | ${"PermissionError: [Errno 13] Permission denied: 'cache.db'"}
    ${"permission for a file"}      | ${"Error: EACCES: permission denied, mkdir '/app/tmp'"}
    ${"permission for a file"}      | ${"sh: ./start.sh: Permission denied"}
    ${"permission for a file"}      | ${"java.nio.file.AccessDeniedException: /data/index"}
    ${"permission for a file"}      | ${'nginx: [emerg] open() "/run/nginx.pid" failed (13: Permission denied)'}
    ${"watched files"}              | ${"Error: ENOSPC: System limit for number of file watchers reached, watch '/app'"}
    ${"too many files"}             | ${"accept: too many open files"}
    ${"start another thread"}       | ${"java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory"}
    ${"server is not valid yet"}    | ${"x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is before 2026-01-02T00:00:00Z"}
    ${"server has expired"}         | ${"Error: certificate has expired"}
    ${"another host name"}          | ${"x509: certificate is valid for db.example, not db"}
    ${"does not trust"}             | ${"PKIX path building failed: unable to find valid certification path to requested target"}
    ${"cannot resolve the name"}    | ${"dial tcp: lookup orders on 10.96.0.10:53: no such host"}
    ${"over the network"}           | ${"dial tcp 10.0.0.9:5432: i/o timeout"}
    ${"cannot reach a dependency"}  | ${"Error: connect ECONNREFUSED 10.0.0.9:5432"}
  `("$explanation: $text", ({ explanation, text }) => {
    expect(crashHint(text)?.explanation).toContain(explanation);
    expect(crashHint(text)?.remedy).toMatch(/^[A-Z].+\.$/);
  });

  it.each([
    "rpc error: code = PermissionDenied desc = permission denied on resource project shop",
    "git@github.com: Permission denied (publickey).",
    "Error making API request. URL: GET https://vault:8200/v1/secret/data/app Code: 403. Errors: permission denied",
    "s3://backups/shop: permission denied",
    "ERROR: permission denied to create extension postgis",
    "user lacks EPERMISSION in the application",
    "7 PERMISSION_DENIED: Missing or insufficient permissions.",
  ])("advises nothing about files: %s", (text) => {
    expect(crashHint(text)?.remedy ?? "").not.toMatch(/group 0|path/);
  });

  it("prefers the line that says why to an earlier one", () => {
    const log =
      "connect: connection refused, retrying\nINFO up\npanic: open /data/x: permission denied\ngoroutine 1 [running]:";
    expect(crashHint(log)?.explanation).toBe("it lacks permission for a file");
  });

  it("returns nothing for an unknown message", () => {
    expect(crashHint("config not ready")).toBeUndefined();
  });
});

describe("startHint", () => {
  it.each`
    explanation                    | message
    ${"Secret does not exist"}     | ${'secret "db-credentials" not found'}
    ${"key is missing"}            | ${"couldn't find key password in Secret shop/db"}
    ${"user is root"}              | ${'container has runAsNonRoot and image will run as root (pod: "web_shop(1)", container: app)'}
    ${"another CPU architecture"}  | ${"failed to create containerd task: exec /app: exec format error"}
    ${"command is not in the"}     | ${'runc create failed: unable to start container process: exec: "serve": executable file not found in $PATH: unknown'}
    ${"command is not in the"}     | ${'error during container init: exec: "/app/run": stat /app/run: no such file or directory'}
    ${"command is not executable"} | ${'unable to start container process: exec: "/app/run": permission denied: unknown'}
    ${"mounted onto a file"}       | ${'error mounting "/var/lib/kubelet/x" to rootfs at "/etc/app.conf": not a directory: Are you trying to mount a directory onto a file (or vice-versa)?'}
    ${"working directory"}         | ${"error during container init: mkdir /etc/passwd: not a directory: unknown"}
    ${"disk is full"}              | ${"failed to create shim task: write /run/x: no space left on device"}
  `("$explanation: $message", ({ explanation, message }) => {
    expect(startHint(message)?.explanation).toContain(explanation);
    expect(startHint(message)?.remedy).toMatch(/^[A-Z].+\.$/);
  });

  it("returns nothing for an unknown message", () => expect(startHint("something new")).toBeUndefined());
});
