import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type Server as TlsServer } from "node:tls";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { errorMessage } from "../../util/error-message.ts";

export interface TlsFiles {
  /** The certificate with its chain, as PEM. */
  readonly certFile: string;
  /** Its private key, as PEM. */
  readonly keyFile: string;
}

export interface ServingPair {
  readonly cert: string;
  readonly key: string;
}

/** OpenShift renews serving certificates in place; a mounted secret follows within one or two minutes. */
const RELOAD_INTERVAL: Duration = 10 * SECOND;

/** Reads and checks both files. Rejects with one sentence that names the file and what is wrong with it. */
export async function readServingPair({ certFile, keyFile }: TlsFiles, now: number): Promise<ServingPair> {
  const cert = await readPem(certFile, "certificate");
  const key = await readPem(keyFile, "private key");
  const certificate = parse(cert, certFile);
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const reason = /mismatch/i.test(String(error))
      ? `it does not belong to the certificate in ${certFile}`
      : `it cannot be used (${(error as Error).message})`;
    throw new Error(`The private key in ${keyFile} is not usable: ${reason}.`, { cause: error });
  }
  if (Date.parse(certificate.validTo) < now) {
    throw new Error(`The certificate in ${certFile} expired at ${certificate.validTo}: renew it.`);
  }
  return { cert, key };
}

/** Loads a new certificate when its files change. An unusable one is logged, and the previous one stays in use. */
export function reloadCertificates(
  files: TlsFiles,
  served: ServingPair,
  server: Pick<TlsServer, "setSecureContext">,
  clock: Clock,
  logger: Logger,
): Disposable {
  let current = served;
  let lastProblem: string | undefined;
  let isLogged = false;
  let isStopped = false;
  let timer: Timer;

  async function reload(): Promise<void> {
    try {
      const next = await readServingPair(files, clock.now());
      lastProblem = undefined;
      isLogged = false;
      if (next.cert === current.cert && next.key === current.key) return;
      server.setSecureContext({ ...next, minVersion: "TLSv1.2" });
      current = next;
      logger.info({ event: "certificate_reloaded", file: files.certFile }, "Serving certificate reloaded.");
    } catch (error) {
      const problem = errorMessage(error);
      const isNew = problem !== lastProblem;
      lastProblem = problem;
      // A renewal that is half done looks the same, so the error is logged when it persists.
      if (isNew || isLogged) return;
      isLogged = true;
      logger.error(
        { event: "certificate_not_reloaded", problem },
        "The serving certificate could not be reloaded; the previous one stays in use.",
      );
    }
  }

  function schedule(): void {
    if (isStopped) return;
    timer = clock.after(RELOAD_INTERVAL, () => void reload().finally(schedule));
  }
  schedule();
  return {
    [Symbol.dispose]: () => {
      isStopped = true;
      timer.cancel();
    },
  };
}

async function readPem(path: string, what: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new Error(`The ${what} ${path} cannot be read (${error.code ?? error.message}).`, { cause: error });
  });
  if (!text.includes("-----BEGIN ")) throw new Error(`${path} contains no PEM data: it must contain -----BEGIN.`);
  return text;
}

function parse(cert: string, path: string): X509Certificate {
  try {
    return new X509Certificate(cert);
  } catch (error) {
    throw new Error(`${path} contains no valid certificate.`, { cause: error });
  }
}
