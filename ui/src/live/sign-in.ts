/** Whether the server or a proxy asks for a sign-in: oauth-proxy answers 403 with an HTML page. */
export function isSignIn(response: Response): boolean {
  const isPage = (response.headers.get("content-type") ?? "").startsWith("text/html");
  return response.type === "opaqueredirect" || response.status === 401 || (response.status === 403 && isPage);
}
