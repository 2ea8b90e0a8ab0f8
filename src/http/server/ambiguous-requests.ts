import type { IncomingMessage, RequestListener } from "node:http";
import { answerClientError } from "../base/errors.ts";
import { isHttp2 } from "../base/http2.ts";

/**
 * Refuses requests that Node.js accepts, but that a proxy in front may read as something else (RFC 9112, sections 2.3, 3.2
 * and 6.1): request smuggling begins with such differences. The parser of Node.js refuses the others itself.
 */
export function refuseAmbiguous(handler: RequestListener): RequestListener {
  return (request, response) => {
    if (isHttp2(response)) {
      const { ":authority": authority, host } = request.headers;
      if (authority === undefined || host === undefined || authority === host) handler(request, response);
      else response.writeHead(400).end();
      return;
    }
    const { socket } = request;
    // A refused request was the last one of its connection.
    if (!socket.writable) return;
    const code = faultOf(request);
    if (code === undefined) handler(request, response);
    else answerClientError(Object.assign(new Error(code), { code }), socket);
  };
}

function faultOf({ httpVersion, headers, rawHeaders, url = "/" }: IncomingMessage): string | undefined {
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return "UNKNOWN_VERSION";
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host");
  if (hosts.length > 1) return "TWO_HOSTS";
  if (httpVersion === "1.0" && headers["transfer-encoding"] !== undefined) return "CHUNKED_1_0";
  return /^[/*]/.test(url) || isAt(url, headers.host ?? "") ? undefined : "OTHER_HOST";
}

/** Whether an absolute request target, as sent to proxies, has the host of the header. */
function isAt(target: string, host: string): boolean {
  const header = `${/^https?:/i.exec(target)?.[0]}//${host}`;
  return URL.canParse(target) && URL.canParse(header) && new URL(target).host === new URL(header).host;
}
