import type { ServerResponse } from "node:http";
import { Http2ServerResponse } from "node:http2";

/** By the class: the version that an HTTP/1.1 client writes into its request line can be any, such as `HTTP/2.0`. */
export function isHttp2(raw: ServerResponse | Http2ServerResponse): raw is Http2ServerResponse {
  return raw instanceof Http2ServerResponse;
}
