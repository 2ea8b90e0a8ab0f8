import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maskLines, maskSecrets } from "./mask.ts";

/** Made up, and cut in two so that no scanner takes this file for a leak. */
const part = (...pieces: readonly string[]) => pieces.join("");
const JWT = part(
  "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ",
  ".eyJpc3MiOiJrdWJlcm5ldGVzIn0",
  ".c2lnbmF0dXJlLW9mLXRoZS10b2tlbg",
);
const PEM_BODY =
  "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\nMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu";
const PEM = `-----BEGIN PRIVATE KEY-----\n${PEM_BODY}\n-----END PRIVATE KEY-----`;

describe("masks", () => {
  it.each<[text: string, masked: string]>([
    [`Authorization: Bearer ${JWT}`, "Authorization: Bearer [masked]"],
    [`using token ${JWT} for login`, "using token [masked] for login"],
    [
      part("oc login --token=sha256", "~Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4 --server=https://api:6443"),
      "oc login --token=[masked] --server=https://api:6443",
    ],
    ["Authorization: Basic dXNlcjpwYXNzd29yZA==", "Authorization: Basic [masked]"],
    ["DB_PASSWORD=hunter2", "DB_PASSWORD=[masked]"],
    ["POSTGRES_PASSWORD: 'correct horse battery staple'", "POSTGRES_PASSWORD: [masked]"],
    ['{"user":"app","password":"p@ss\\"word","port":5432}', '{"user":"app","password":[masked],"port":5432}'],
    ['{"msg":"{\\"password\\":\\"geheim\\"}"}', '{"msg":"{\\"password\\":[masked]}"}'],
    ["spring.datasource.password=s3cr3t", "spring.datasource.password=[masked]"],
    ["-Djavax.net.ssl.keyStorePassword=changeit -Xmx1g", "-Djavax.net.ssl.keyStorePassword=[masked] -Xmx1g"],
    ["{User:app Password:hunter2 Host:db}", "{User:app Password:[masked] Host:db}"],
    [':password=>"geheim", :host=>"db"', ':password=>[masked], :host=>"db"'],
    ["mysql --user root --password geheim -h db", "mysql --user root --password [masked] -h db"],
    ["cannot connect to postgres://app:s3cr3t@db:5432/shop", "cannot connect to postgres://app:[masked]@db:5432/shop"],
    ["redis://:geheim@cache:6379/0 refused", "redis://:[masked]@cache:6379/0 refused"],
    ["amqp://u:p%40ss@mq/vhost", "amqp://u:[masked]@mq/vhost"],
    ["mongodb+srv://app:p@ss@cluster0.example/db", "mongodb+srv://app:[masked]@cluster0.example/db"],
    [
      part("git clone https://gho", "_16C7e42F292c6912E7710c838347Ae178B4a@github.com/x/y"),
      "git clone https://[masked]@github.com/x/y",
    ],
    [
      "Server=db;Database=shop;User Id=sa;Password=geheim;Encrypt=true",
      "Server=db;Database=shop;User Id=sa;Password=[masked];Encrypt=true",
    ],
    [
      "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=Zm9vYmFy+/8=;Suffix=y",
      "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=[masked];Suffix=y",
    ],
    [
      "Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=abc123=",
      "Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=[masked]",
    ],
    ["GET /blob?sv=2022&sig=a%2Fb3Dc9&se=2026 403", "GET /blob?sv=2022&sig=[masked]&se=2026 403"],
    ["GET /cb?access_token=abc&state=1", "GET /cb?access_token=[masked]&state=1"],
    [part("AWS key AKIA", "IOSFODNN7EXAMPLE used"), "AWS key [masked] used"],
    ["aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws_secret_access_key = [masked]"],
    [part("slack: xoxb", "-2345678901-abcdefABCDEF"), "slack: [masked]"],
    [
      part("posting to https://hooks.slack.com/services", "/T000/B000/XXXXXXXX failed"),
      "posting to https://hooks.slack.com/services/[masked] failed",
    ],
    [
      "posting to https://acme.webhook.office.com/webhookb2/11-22@33/IncomingWebhook/44 failed",
      "posting to https://acme.webhook.office.com/[masked] failed",
    ],
    ["Set-Cookie: session=abc; HttpOnly", "Set-Cookie: [masked]"],
    ["X-Api-Key: 12345", "X-Api-Key: [masked]"],
    ["token: 9f86d081884c7d65", "token: [masked]"],
    ['token="abc def"', "token=[masked]"],
    ["client_secret: abcdef", "client_secret: [masked]"],
    ["<db:password>geheim</db:password>", "<db:password>[masked]</db:password>"],
    ["secretKey => 'abc'", "secretKey => [masked]"],
    [`loaded ${PEM} ok`, "loaded [masked] ok"],
  ])("%s", (text, masked) => expect(maskSecrets(text)).toBe(masked));

  it("a private key over several lines, complete or truncated", () => {
    expect(maskLines(["before", ...PEM.split("\n"), "after"])).toEqual(["before", "[masked]", "after"]);
    expect(maskLines([...PEM_BODY.split("\n"), "-----END PRIVATE KEY-----", "after"])).toEqual(["[masked]", "after"]);
    expect(maskLines(["before", ...PEM.split("\n").slice(0, 2)])).toEqual(["before", "[masked]"]);
  });
});

describe("does not change", () => {
  it.each([
    "",
    'FATAL: password authentication failed for user "app"',
    "SyntaxError: Unexpected token: } in JSON at position 12",
    "unexpected token: foo",
    "error: couldn't find key password in ConfigMap shop/settings",
    "PWD=/app",
    "tokens: 512, max_tokens=4096",
    "password=",
    "token=null",
    'secret "db-credentials" not found',
    "Basic authentication is not allowed",
    "pulling image quay.io/acme/shop@sha256:6fa3d79484b3d64c2c66cf899ce780c7977e69c449d1c4320c36440e916b24a8",
    "listening on http://0.0.0.0:8080",
    "GET http://db:5432/health?user=a@b",
    "2026-11-22T12:00:00Z INFO started in 3.2 s (exit code 0)",
    "-----BEGIN CERTIFICATE-----",
  ])("%s", (text) => expect(maskSecrets(text)).toBe(text));

  it("no lines", () => expect(maskLines([])).toEqual([]));
});

it("masking twice changes nothing", () => {
  const piece = fc.constantFrom(
    "password=",
    "token: ",
    '"secret":"',
    "://",
    "a:b@",
    "'",
    '"',
    "\\",
    "geheim1",
    " ",
    "\n",
    "=",
    JWT,
    "-----END PRIVATE KEY-----",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 12 }), (pieces) => {
      const once = maskSecrets(pieces.join(""));
      expect(maskSecrets(once)).toBe(once);
    }),
    { numRuns: 500 },
  );
});

it.each(["password", "a:", "eyJ", "x".repeat(30), "://a", "-----BEGIN ", 'token="', "AAAA", '\\"', "A\n", " :"])(
  "takes time in proportion to the text: %j again and again",
  (piece) => {
    const text = piece.repeat(Math.ceil(200_000 / piece.length));
    const before = process.cpuUsage();
    maskSecrets(text);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(4_000);
  },
);
