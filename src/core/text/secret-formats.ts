export const MASK = "[masked]";

/**
 * Secrets that are recognizable by their format, with the replacement. The corpus in
 * mask-corpus.test.ts shows what each one matches. Every repetition is bounded, so the time is linear in the length of the text.
 */
export const FORMATS: readonly (readonly [RegExp, string])[] = [
  // Private keys, PEM and PGP, including truncated ones.
  [
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^-]{0,20000}(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g,
    MASK,
  ],
  [/^(?:[A-Za-z0-9+/=]{16,80}\s{0,4}\n){1,200}-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/gm, MASK],
  [/\bAGE-SECRET-KEY-1[A-Z0-9]{20,80}/g, MASK],
  // JSON Web Tokens, which service account tokens are.
  [/\beyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{4,8000}(?:\.[A-Za-z0-9_-]{0,2000})?/g, MASK],
  // OpenShift, GitHub, GitLab.
  [/\bsha256~[A-Za-z0-9_-]{20,200}/g, MASK],
  [
    /\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}|gl(?:pat|dt|rt|rtr|cbt|ptt|ft|agent|oas|soat|imt|ffct)-[A-Za-z0-9_.-]{16,255})/g,
    MASK,
  ],
  // Slack.
  [/\bxox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,255}|\bxapp-[A-Za-z0-9-]{10,255}/g, MASK],
  // AWS, Google, Azure, Alibaba, DigitalOcean, Fly, Heroku.
  [/\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_-]{35}|\bya29\.[A-Za-z0-9_-]{20,500}/g, MASK],
  [/\bGOCSPX-[A-Za-z0-9_-]{20,60}|\b1\/\/0[A-Za-z0-9_-]{30,200}|\bLTAI[A-Za-z0-9]{12,30}\b/g, MASK],
  [
    /\b[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}|\bdo[opr]_v1_[a-f0-9]{32,80}|\bfo1_[A-Za-z0-9_-]{40,60}|\bHRKU-[A-Za-z0-9_-]{30,80}/g,
    MASK,
  ],
  // Payment, mail and messages: Stripe, Square, Shopify, SendGrid, Mailgun, Mailchimp, Twilio, webhook signatures.
  [
    /\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,255}|\bwhsec_[A-Za-z0-9+/=]{16,100}|\bsq0(?:atp|csp)-[A-Za-z0-9_-]{20,50}|\bshp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}/g,
    MASK,
  ],
  [
    /\bSG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}|\bkey-[a-f0-9]{32}\b|\b[a-f0-9]{32}-us\d{1,2}\b|\bSK[a-f0-9]{32}\b/g,
    MASK,
  ],
  // Language models: OpenAI, Anthropic, Hugging Face, Groq, Replicate, Perplexity, xAI.
  [
    /\bsk-[A-Za-z0-9_-]{20,255}|\b(?:hf|api_org)_[A-Za-z0-9]{20,60}|\bgsk_[A-Za-z0-9]{20,80}|\br8_[A-Za-z0-9]{30,50}|\bpplx-[A-Za-z0-9]{30,80}|\bxai-[A-Za-z0-9]{30,100}/g,
    MASK,
  ],
  // Package registries: npm, PyPI, RubyGems, Docker Hub, Artifactory.
  [
    /\bnpm_[A-Za-z0-9]{30,60}|\bpypi-[A-Za-z0-9_-]{32,300}|\brubygems_[a-f0-9]{40,60}|\bdckr_[op]at_[A-Za-z0-9_-]{20,60}|\bAKCp[A-Za-z0-9]{20,100}|\bcmVmdGtu[A-Za-z0-9]{20,100}/g,
    MASK,
  ],
  // Operations: Vault, Terraform, Pulumi, Grafana, Databricks, Dynatrace, New Relic, Sentry, PlanetScale, Tailscale…
  [
    /\bhv[sbr]\.[A-Za-z0-9_-]{20,300}|\b(?<![\w.])s\.[A-Za-z0-9]{24}\b|\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{40,80}|\bpul-[a-f0-9]{40}\b/g,
    MASK,
  ],
  [
    /\bglsa_[A-Za-z0-9_]{20,80}|\bglc_[A-Za-z0-9+/=]{20,400}|\bdapi[a-h0-9]{32}(?:-\d)?\b|\bdt0[a-z]\d{2}\.[A-Z0-9]{20,40}\.[A-Z0-9]{40,80}|\bNR(?:AK|JS|II)-[A-Za-z0-9]{15,50}|\bsntry[su]_[A-Za-z0-9+/=_-]{30,300}/g,
    MASK,
  ],
  [
    /\bpscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{20,80}|\btskey-[a-z]{2,10}-[A-Za-z0-9-]{10,80}|\bdp\.(?:pt|st|ct|sa)\.[A-Za-z0-9._-]{20,80}|\bsb(?:p|_secret)_[A-Za-z0-9_-]{20,80}|\bv1\.0-[a-f0-9]{24}-[a-f0-9]{100,160}/g,
    MASK,
  ],
  // Tools for teams: Atlassian, Notion, Linear, Figma, Postman, HubSpot, Contentful, Airtable.
  [
    /\bAT(?:ATT3|BB|CTT3)[A-Za-z0-9_=-]{20,300}|\b(?:ntn|secret)_[A-Za-z0-9]{40,60}|\blin_api_[A-Za-z0-9]{30,60}|\bfig[dou]_[A-Za-z0-9_-]{30,80}|\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}|\bpat-[a-z]{2}\d-[a-f0-9-]{30,50}|\bCFPAT-[A-Za-z0-9_-]{30,60}|\bpat[A-Za-z0-9]{14}\.[a-f0-9]{64}/g,
    MASK,
  ],
  // Telegram and Discord bots.
  [/\b(bot)?\d{8,10}:A[A-Za-z0-9_-]{34}\b/g, `$1${MASK}`],
  [/\b(api\.telegram\.org\/(?:file\/)?bot)[^\s/"'<>]{10,100}/g, `$1${MASK}`],
  [/\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}/g, MASK],
  // Password hashes.
  [/\$(?:2[abxy]|5|6|y|argon2(?:id|i|d))\$[A-Za-z0-9./$,=+]{20,200}/g, MASK],
  // Webhook URLs contain their credentials.
  [/(https:\/\/hooks\.slack\.com\/(?:services|workflows|triggers)\/)[^\s"'<>]{1,300}/g, `$1${MASK}`],
  [
    /(https:\/\/[a-z0-9.-]{1,100}\.(?:webhook\.office\.com|logic\.azure\.com)[^\s"'<>/]{0,10}\/)[^\s"'<>]{1,800}/g,
    `$1${MASK}`,
  ],
  [/(https:\/\/(?:canary\.|ptb\.)?discord(?:app)?\.com\/api\/webhooks\/)[^\s"'<>]{1,300}/g, `$1${MASK}`],
  [
    /(https:\/\/(?:hooks\.zapier\.com\/hooks\/catch|chat\.googleapis\.com\/v1\/spaces)\/)[^\s"'<>]{1,300}/g,
    `$1${MASK}`,
  ],
  // user:password@ and token@ in URLs and connection strings.
  [/\b([a-z][a-z0-9+.-]{1,30}:\/\/[^\s:/@"'<>]{0,200}:)[^\s/"'<>]{1,500}@/gi, `$1${MASK}@`],
  [/\b([a-z][a-z0-9+.-]{1,30}:\/\/)[^\s:/@"'<>]{20,500}@/gi, `$1${MASK}@`],
  // The password of a database may contain a slash, which no port does.
  [
    /\b((?:postgres(?:ql)?|mysql|mariadb|amqps?|rediss?|mongodb(?:\+srv)?|mssql|sqlserver|clickhouse|nats|ldaps?|smtps?):\/\/[^\s:/@"'<>]{0,200}:)(?!\d{1,5}\/|\[masked\])[^\s"'<>@]{1,500}@/g,
    `$1${MASK}@`,
  ],
  // A DSN of MySQL in Go, without a scheme: user:password@tcp(host:3306)/name.
  [/(?<![\w:/])([\w.-]{1,60}:)[^\s:@"'<>]{1,200}@(?=(?:tcp|unix)\()/g, `$1${MASK}@`],
  // Headers.
  [
    /\b(bearer|basic|negotiate|digest)(\s{1,4})(?=[A-Za-z0-9._~+/=-]{0,60}[\d=._])[A-Za-z0-9._~+/=-]{8,8000}/gi,
    `$1$2${MASK}`,
  ],
  [/\b((?:set-)?cookie\s{0,4}:\s{0,4})(?=[^\n"'=]{1,200}=)[^\n"']{1,4000}/gi, `$1${MASK}`],
  [/\b(authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:token|apikey|key)\s{1,4})[^\s"']{8,1000}/gi, `$1${MASK}`],
  // Quoted, or after “is”, with capitals, small letters and digits: no word looks so.
  [
    /\b((?:[Tt]oken|[Pp]assword|[Ss]ecret|[Kk]ey) (?:is )?["'“]?)(?=[A-Za-z0-9_-]{0,60}\d)(?=[A-Za-z0-9_-]{0,60}[A-Z])(?=[A-Za-z0-9_-]{0,60}[a-z])[A-Za-z0-9_-]{16,200}\b/g,
    `$1${MASK}`,
  ],
  [/\b(jdbc:oracle:[a-z0-9]{1,10}:[^\s/:@]{1,60}\/)[^\s@]{1,200}(?=@)/gi, `$1${MASK}`],
  [/\b(AC[a-f0-9]{32}:)[a-f0-9]{32}\b/g, `$1${MASK}`],
  // Arguments of programs that take a password under a short name.
  [
    /\b((?:curl|wget|http|https)\b[^\n|;]{0,300}?\s(?:-u|--user|--proxy-user|-U)[\s=]{0,3}["']?[^\s:"']{1,100}:)[^\s"']{1,300}/g,
    `$1${MASK}`,
  ],
  [/\b((?:mysql|mariadb)[a-z-]{0,12}\b[^\n|;]{0,300}?\s-p)(?!\s|\[masked\])[^\s"']{1,200}/g, `$1${MASK}`],
  [/\b((?:redis-cli|valkey-cli)\b[^\n|;]{0,300}?\s-a\s{1,3})(?!\[masked\])[^\s]{1,200}/g, `$1${MASK}`],
  [
    /\b((?:sshpass|(?:docker|podman|helm registry|oc|az|skopeo|buildah) login|mongo(?:sh|dump|restore)?|ldap[a-z]{3,10})\b[^\n|;]{0,300}?\s-[pw]\s{0,3})(?!\[masked\])[^\s-][^\s]{0,200}/g,
    `$1${MASK}`,
  ],
  [
    /\b(htpasswd\s{1,3}-[a-zA-Z]{0,8}b[a-zA-Z]{0,8}\s{1,3}\S{1,200}\s{1,3}\S{1,100}\s{1,3})(?!\[masked\])\S{1,200}/g,
    `$1${MASK}`,
  ],
  [/\b(pass:)(?!\[masked\])[^\s"':]{4,200}/g, `$1${MASK}`],
  [
    /(<([a-z0-9:_.-]{0,40}(?:passw(?:or)?d|passphrase|secret|api[_.-]?key|private[_.-]?key|token|credentials?))>)[^<\n]{1,4000}(?=<\/)/gi,
    `$1${MASK}`,
  ],
];
