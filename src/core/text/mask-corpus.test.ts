import { describe, expect, it } from "vitest";
import { maskSecrets } from "./mask.ts";

/**
 * Two hundred lines in both directions: secrets that must not remain, and causes that must. All values are made up. `⟦⟧`
 * encloses the secret; `·` interrupts it, so that no scanner takes this file for a leak.
 */
const SECRETS = String.raw`
password: ⟦'Zx9kQ2vB7nM4 with space and more'⟧
curl -H "Authorization: token ⟦Zx9kQ2vB7nM4pL8wR3tY⟧" https://git.example
new password is ⟦Zx9kQ2vB7nM4pL8wR3tY⟧
token '⟦Zx9kQ2vB7nM4pL8wR3tY⟧' rejected
jdbc:oracle:thin:scott/⟦tiger⟧@//db:1521/x
AC0123456789ab·cdef0123456789abcdef:⟦fedcba9876543210fedcba9876543210⟧
DB_PASS=⟦hunter2⟧
export DB_PASS=⟦hunter2⟧
DB_PASSWORD=⟦correct horse battery⟧
MYSQL_PWD=⟦geheim⟧
PGPASSWORD=⟦s3cret,with;signs⟧
REDIS_PASSWORD=⟦a,b,c⟧
password=⟦abc,def⟧ host=db
password: ⟦hunter2⟧
Password: ⟦correct horse battery staple⟧
passphrase: "⟦correct horse battery staple⟧"
password is set, passwd=⟦x⟧
the login failed with password=⟦Tr0ub4dor&3⟧
"password": "⟦p@ss, word⟧"
{"db":{"user":"app","password":"⟦geheim⟧"}}
{"msg":"{\"password\":\"⟦geheim⟧\"}"}
spring.datasource.password=⟦s3cr3t⟧
spring.redis.password: ⟦s3cr3t⟧
-Djavax.net.ssl.trustStorePassword=⟦changeit⟧
--requirepass ⟦foobared⟧
redis-server --requirepass ⟦foobared⟧ --port 6379
redis-cli -h cache -a ⟦foobared⟧ ping
masterauth=⟦foobared⟧
mysql -u root -p⟦geheim⟧ -h db shop
mysqldump --user=root --password=⟦geheim⟧ shop
mysqladmin -uroot -p⟦Geheim1⟧ ping
mariadb-dump -p⟦geheim⟧ shop
psql "host=db user=app password=⟦geheim⟧ dbname=shop"
curl -u app:⟦geheim⟧ https://api.example/health
curl -s --user app:⟦geheim⟧ https://api.example
curl -H "Authorization: Bearer ⟦abc123def456⟧" https://api.example
curl -H 'X-Api-Key: ⟦12345⟧' https://api.example
wget --user app --password ⟦geheim⟧ https://files.example
sshpass -p ⟦geheim⟧ ssh app@host
docker login -u app -p ⟦geheim⟧ registry.example
podman login --username app --password ⟦geheim⟧ registry.example
oc login --token=⟦abcdefghij1234567890⟧ --server=https://api:6443
htpasswd -bc users.htpasswd app ⟦geheim⟧
openssl pkcs12 -in app.p12 -passin pass:⟦geheim⟧ -nodes
keytool -list -keystore app.jks -storepass ⟦changeit⟧
mongosh -u app -p ⟦geheim⟧ mongodb://db
ldapsearch -D cn=app -w ⟦geheim⟧ -b dc=example
helm registry login -u app -p ⟦geheim⟧ registry.example
postgres://app:⟦s3cr3t⟧@db:5432/shop
failed to connect to mysql://root:⟦pa/ss⟧@db/shop
redis://:⟦geheim⟧@cache:6379/0
amqp://guest:⟦guest1⟧@mq:5672/
mongodb+srv://app:⟦p@ss⟧@cluster0.example/db
https://user:⟦password⟧@registry.example/v2/: 401
proxy http://u:⟦pw1⟧@proxy:3128 refused
app:⟦geheim⟧@tcp(db:3306)/shop?parseTime=true
https://⟦abcdefghijklmnopqrst·uvwxyz⟧@github.com/x/y
Server=db;Database=shop;User Id=sa;Password=⟦geheim⟧;Encrypt=true
AccountKey=⟦Zm9vYmFy+/8=⟧;EndpointSuffix=core
SharedAccessKey=⟦abc123=⟧
GET /blob?sv=2022&sig=⟦a%2Fb3Dc9⟧&se=2026
GET /callback?access_token=⟦abc⟧&state=1
GET /ws?token=⟦abc⟧ 101
GET /api?api_key=⟦abc⟧
client_secret=⟦abcdef⟧&grant_type=client_credentials
refresh_token: ⟦abcdef123⟧
STRIPE_KEY=⟦abcdef⟧
APP_KEY=base64:⟦Zm9vYmFyYmF6⟧
ENCRYPTION_KEY=⟦0123456789abcdef⟧
SECRET_KEY_BASE=⟦abcdef0123⟧
DJANGO_SECRET_KEY='⟦django-insecure-x⟧'
JWT_SECRET=⟦abc⟧
SIGNING_KEY: ⟦abc⟧
DATADOG_API_KEY=⟦abcdef⟧
SENTRY_DSN=⟦https://abc@o1.ingest.sentry.io/2⟧
NPM_TOKEN=⟦abc-def⟧
SLACK_WEBHOOK=⟦T000-B000⟧
token: ⟦9f86d081884c7d65⟧
auth_token: ⟦abc⟧
authToken=⟦abc⟧
accessToken: "⟦abc⟧"
apiKey: ⟦abc⟧
privateKey=⟦abc⟧
Authorization: Basic ⟦dXNlcjpwYXNzd29yZA==⟧
Proxy-Authorization: Basic ⟦dXNlcjpwYXNzd29yZA==⟧
Set-Cookie: ⟦session=abc; HttpOnly⟧
Cookie: ⟦sid=abc⟧
using token ⟦eyJhbGciOiJSUzI1NiJ9·.eyJpc3MiOiJrOHMifQ·.c2lnbmF0dXJl⟧
oc whoami -t: ⟦sha256·~Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4⟧
pushing with ⟦ghp·_16C7e42F292c6912E7710c838347Ae178B4a⟧
pushing with ⟦glpat·-abcdefghij1234567890⟧
posting with ⟦xoxb·-2345678901-abcdefABCDEF⟧
key ⟦AKIA·IOSFODNN7EXAMPLE⟧ is not active
aws_secret_access_key = ⟦wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY⟧
google ⟦AIza·SyA1234567890abcdefghijklmnopqrstuv⟧
oauth ⟦GOCSPX·-abcdefghijklmnopqrstuvwx⟧
stripe ⟦sk·_live_abcdefghij1234567890⟧
webhook ⟦whsec·_abcdefghij1234567890abcdef⟧
sendgrid ⟦SG·.abcdefghijklmnop.abcdefghijklmnopqrst⟧
openai ⟦sk·-proj-abcdefghij1234567890⟧
hugging face ⟦hf·_abcdefghijklmnopqrstuvwxyzabcdefgh⟧
grafana ⟦glsa·_abcdefghij1234567890abcdefghijkl_01234567⟧
databricks ⟦dapi·0123456789abcdef0123456789abcdef⟧
vault ⟦hvs·.abcdefghij1234567890⟧
tailscale ⟦tskey·-auth-abcdefghij12345⟧
npm ⟦npm·_abcdefghij1234567890abcdefghij123456⟧
docker ⟦dckr·_pat_abcdefghij1234567890⟧
jira ⟦ATATT3·xFfGF0abcdefghij1234567890⟧
telegram https://api.telegram.org/bot⟦123456789·:AAabcdefghijklmnopqrstuvwxyz0123456⟧/sendMessage
bot ⟦123456789·:AAabcdefghijklmnopqrstuvwxyz0123456⟧ started
posting to https://hooks.slack.com/services/⟦T000/B000/XXXX⟧
age ⟦AGE-SECRET·-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQ⟧
hash ⟦$2b$·12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234⟧
<password>⟦geheim⟧</password>
client-key-data: ⟦LS0tLS1CRUdJTg==⟧
password: ⟦geheim⟧ user: bob
password: ⟦Tr0ub4dor3⟧ is wrong
password: ⟦one⟧ two three four five six seven eight
APP_SALT=⟦abcdef⟧
dbPass=⟦geheim⟧
userToken: ⟦abcd1234⟧
pass: ⟦geheim⟧
salt: ⟦abcd1234⟧
token: "⟦geheim⟧"
--token ⟦abc⟧ --verbose
--api-key=⟦abc⟧
- PASSWORD=⟦a b c⟧
credentials:⟦abc⟧
`;

const CAUSES = String.raw`
secretName: db-credentials
mkdir /etc/passwd: not a directory
open /etc/passwd: permission denied
stat /run/secrets/db-password: no such file or directory
open /run/secrets/token: no such file or directory
open /var/run/secrets/kubernetes.io/serviceaccount/token: permission denied
chown /data/private_key: operation not permitted
cannot read C:\secrets\password: access is denied
./secret: not a directory
error during container init: mkdir /etc/passwd: not a directory: unknown
unexpected token: foo
SyntaxError: Unexpected token: } in JSON at position 12
SyntaxError: Unexpected token: abc12345
SyntaxError: Unexpected token '<', "<!DOCTYPE "... is not valid JSON
Parse error near token: identifier1234
expected token: string1234, got number
illegal token: 0x12ab34cd
lexer: unknown token: @@version123
permission denied
permission denied for schema public
password: must not be empty
password: cannot be blank
password: is required
Password: too short
invalid password: EOF
failed to read password: no such file or directory
failed to decrypt private key: asn1: structure error
invalid private key: expected PEM
could not parse private key: illegal base64 data at input byte 4
could not load credentials: open /root/.aws/credentials: no such file or directory
could not find default credentials: see the documentation, file missing
credentials: not found
Error: no credentials: the file does not exist
secret: not found
failed to get secret: context deadline exceeded
error getting secret: unexpected status
secret "db-credentials" not found
MountVolume.SetUp failed for volume "creds" : secret "db-credentials" not found
couldn't find key password in Secret shop/db
configmap "settings" not found
invalid api key: missing
api key: not set
access key: expired
auth: invalid
authentication failed: invalid credentials
authorization: denied
auth failed
FATAL: password authentication failed for user "app"
ERROR 1045 (28000): Access denied for user 'app'@'10.0.0.1' (using password: YES)
WRONGPASS invalid username-password pair or user is disabled.
NOAUTH Authentication required.
Basic authentication is not allowed
Bearer token is missing
the token: expired
token expired
token is expired by 3m
token=null
token: null
password=
password=null
password=""
password=***
tokens: 512, max_tokens=4096
key: value
missing key: database
missing key: database_url_1
KeyError: 'DATABASE_URL'
primary key: order_id_2024
PRIMARY_KEY=order_id
PARTITION_KEY=customer_id
duplicate key value violates unique constraint "orders_pkey"
foreign key constraint fails
public_key: RSA 2048
cache key: shop/orders/17
object key: backups/2026/11/22.tar
seed: 42
signature: invalid
signature verification failed
cookie: too large
PWD=/app
OLDPWD=/app
pass: 12 of 14 tests
tests: 12 pass, 2 fail
3 passed, 1 failed
bypass: enabled
compass: north
passes: 3
passenger: app
author: jane1234doe
panic: index out of range [3] with length 3
Caused by: java.net.UnknownHostException: orders
java.lang.NullPointerException: Cannot invoke "String.length()"
dial tcp 10.0.0.9:5432: connect: connection refused
listen tcp :8080: bind: address already in use
x509: certificate has expired or is not yet valid: current time 2026-11-24T08:00:04Z is after 2026-11-22T05:48:45Z
x509: certificate signed by unknown authority
failed to pull and unpack image "r.example/mon/x509-exporter:3": not found
pulling image quay.io/acme/shop@sha256:6fa3d79484b3d64c2c66cf899ce780c7977e69c449d1c4320c36440e916b24a8
commit 4c8b3b8e5f0a1b2c3d4e5f60718293a4b5c6d7e8
back-off 5m0s restarting failed container=app pod=checkout-65f56cb97f-8p8z2_shop(0d5f2c1e-1111-2222-3333-444455556666)
containers with unready status: [app]
0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found.
Readiness probe failed: Get "http://10.244.0.5:8080/healthz": context deadline exceeded
exec: "serve": executable file not found in $PATH
GET http://db:5432/health?user=a@b 500
listening on http://0.0.0.0:8080
2026-11-22T12:00:00Z INFO started in 3.2 s (exit code 0)
-----BEGIN CERTIFICATE-----
mysql -u root -p
flag --password is required
error: --token must be set
missing required option --api-key for login
--password --verbose
connecting to redis --token-file /run/token
seed=42
RANDOM_SEED=42
token: /run/secrets/token
token: "invalid"
secret://vault/shop
password "is not set" and user is app
password: "the value is not valid"
failed to fetch secret db-password: connection refused
references non-existent secret key: tls.crt
error reading passwd: bufio: token too long
curl -u app https://api.example
user@host: Permission denied (publickey).
git@github.com: Permission denied (publickey).
no route to host
`;

const linesOf = (text: string) => text.split("\n").filter((line) => line !== "");
const secrets = linesOf(SECRETS).map((line) => line.replaceAll("·", ""));
const causes = linesOf(CAUSES);

it("has two hundred lines", () => expect(secrets.length + causes.length).toBeGreaterThanOrEqual(200));

describe("masks the secret and keeps what precedes it", () => {
  it.each(secrets)("%s", (line) => {
    const [before = "", secret = ""] = line.split(/[⟦⟧]/);
    const masked = maskSecrets(line.replace(/[⟦⟧]/g, ""));
    expect(secret.length).toBeGreaterThan(0);
    expect(masked).toContain("[masked]");
    expect(masked.startsWith(before) ? masked.slice(before.length) : masked).not.toContain(secret);
    expect(masked.slice(0, 3)).toBe(`${before}[masked]`.slice(0, 3));
  });
});

describe("keeps a cause as it is", () => {
  it.each(causes)("%s", (line) => expect(maskSecrets(line)).toBe(line));
});

it("masks in colored output, and in a PGP block", () => {
  expect(maskSecrets("\u001b[36mDB_PASSWORD\u001b[0m=\u001b[33mhunter2\u001b[0m")).toBe("DB_PASSWORD=[masked]");
  const block = ["-----BEGIN PGP PRIVATE KEY", " BLOCK-----\n\nlQVYBF\n=abcd\n-----END PGP PRIVATE KEY BLOCK-----"];
  expect(maskSecrets(`before ${block.join("")} after`)).toBe("before [masked] after");
});
