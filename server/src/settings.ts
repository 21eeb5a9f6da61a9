/** A setting of an operator, as docs/settings.md tells of it in Markdown. */
interface Described {
  /** What counts where it is not set. */
  usual: string
  meaning: string
  /** It may stand in a file instead, which `NAME_FILE` names. */
  isSecret?: true
}

const described = {
  'Where it runs': {
    LATCHKEY_ORIGIN: { usual: 'needed', meaning: 'the address that people use; links and cookies follow it' },
    LATCHKEY_PASSKEY_RP_ID: {
      usual: "the origin's host",
      meaning:
        'the domain of passkeys: that host or one above it. Choose before the first passkey: those of another domain work no more',
    },
    LATCHKEY_FORMER_ORIGIN: {
      usual: 'none',
      meaning:
        'after a move, the address of before: its passkeys go on working while its host answers `/.well-known/webauthn` as this server does',
    },
    LATCHKEY_SECRETS: {
      usual: 'needed',
      meaning: 'one or more, by comma, each at least 32 characters; the first seals, all open',
      isSecret: true,
    },
    LATCHKEY_LISTEN: { usual: '`127.0.0.1:8080`', meaning: 'address and port' },
    LATCHKEY_TRUSTED_PROXIES: {
      usual: 'none',
      meaning: 'proxies whose `X-Forwarded-For` is believed; without it everybody behind one is one address',
    },
    LATCHKEY_PRIVATE_TARGETS: {
      usual: 'none',
      meaning:
        'your own networks in which applications may be called (back-channel logout, webhooks), as in `10.1.0.0/16,fd00::7`; others only on the public internet',
    },
    LATCHKEY_DNS: {
      usual: "this machine's resolvers",
      meaning:
        "the resolvers that companies' domains are proven by, as in `192.0.2.53,[2001:db8::53]:53`; each of them must give the record",
    },
    LATCHKEY_TENANT_SUFFIX: {
      usual: 'none',
      meaning:
        "your domain, 20 letters at most, below which each tenant gets an initial one, as in `acme.id.example`; without it the tenant's first domain is that",
    },
    LATCHKEY_OPERATOR_TENANT: {
      usual: 'none',
      meaning:
        'a domain of your own organization here, whose people with the role Verification Reviewer [verify partners](partners.md#verification)',
    },
    LATCHKEY_SIGNUP: {
      usual: '`closed`',
      meaning:
        'who may [sign a company up](sign-up.md): `open`, anybody, `invitation`, whom `latchkey signup invite` mailed, or `closed`, nobody; the first two need the suffix above',
    },
    LATCHKEY_SIGNUP_PERSONS: {
      usual: '`off`',
      meaning:
        'whether people may [sign themselves up](sign-up.md#for-oneself), where nobody administers their domain or its company lets them',
    },
    LATCHKEY_SIGNUPS_PER_DAY: { usual: '500', meaning: 'sign-ups that begin within a day, of companies and people' },
    LATCHKEY_DEMO_TLS: {
      usual: '`off`',
      meaning: '`on` serves the [demonstration](demonstration.md) by https too, at the port 363 above',
    },
    LATCHKEY_ROLES: { usual: '`web,worker`', meaning: 'what this replica does' },
  },
  Data: {
    LATCHKEY_DATA: { usual: '`./data`', meaning: 'the data folder; as root `/var/lib/latchkey`' },
    DATABASE_URL: {
      usual: 'none',
      meaning: 'your own PostgreSQL, 15 to 18; without it Latchkey starts one in the data folder',
      isSecret: true,
    },
    LATCHKEY_DATABASE_DIRECT_URL: {
      usual: '`DATABASE_URL`',
      meaning:
        'the owner of the tables, where `DATABASE_URL` is the login that requests use; without it the start makes the login `latchkey_login`',
      isSecret: true,
    },
  },
  Messages: {
    LATCHKEY_SMTP_URL: {
      usual: 'none',
      meaning:
        '`smtps://user:password@host`, or `smtp://` with STARTTLS; `?ca=/path/ca.pem` names who signed its certificate, `?fingerprint=AB:CD:…` the SHA-256 of its one certificate; on this machine any certificate will do',
      isSecret: true,
    },
    LATCHKEY_SMTP_FALLBACK_URL: {
      usual: 'none',
      meaning: 'the mail server that is asked, within the same job, where the first one fails',
      isSecret: true,
    },
    LATCHKEY_MAIL_FROM: { usual: 'needed with it', meaning: 'the address that mails come from' },
    LATCHKEY_BOUNCES: {
      usual: 'none',
      meaning:
        'the address that mails return to where they [cannot be delivered](messages.md#what-becomes-of-a-message), with 12 letters at most before the @',
    },
    LATCHKEY_BOUNCES_MAILBOX: {
      usual: 'none',
      meaning:
        '`imaps://user:password@host/INBOX`, or `imap://` with STARTTLS: the mailbox behind that address, which is [read each minute](messages.md#mails-that-come-back); `?ca=/path/ca.pem` names who signed its certificate',
      isSecret: true,
    },
    LATCHKEY_DKIM_KEY: {
      usual: 'none',
      meaning:
        "the file of an RSA key that signs mails for that address's domain; `latchkey doctor` says what to put into the DNS",
    },
    LATCHKEY_DKIM_SELECTOR: { usual: '`latchkey`', meaning: 'the name of that key in the DNS' },
    LATCHKEY_SMS_URL: {
      usual: 'none',
      meaning:
        'a gateway that takes `{ "to", "text", "language" }` as JSON, and may answer [what it cost](messages.md#what-messages-cost)',
      isSecret: true,
    },
    LATCHKEY_VOICE_URL: {
      usual: 'none',
      meaning:
        'a gateway that takes `{ "to", "text", "language" }` as JSON, and may answer [what it cost](messages.md#what-messages-cost)',
      isSecret: true,
    },
    LATCHKEY_GATEWAYS: {
      usual: 'none',
      meaning:
        'in place of those two: a file of [several gateways](messages.md#several-gateways) by name, with their order by country',
    },
  },
  'Guards and lists': {
    LATCHKEY_CAPTCHA: { usual: '`on`', meaning: '`off` begins resets without a captcha, for load tests' },
    LATCHKEY_FLOOD_LIMITS: {
      usual: '`on`',
      meaning: '`off` leaves limits per address to a proxy in front; limits per account, number and tenant hold',
    },
    LATCHKEY_API_LIMITS: {
      usual: '`on`',
      meaning:
        '`off` lifts the limits of requests to `/v1.0` and `/scim/v2`; those of passwords, methods and passes hold',
    },
    LATCHKEY_BREACHED_PASSWORDS: {
      usual: 'none',
      meaning:
        'a range service such as `https://api.pwnedpasswords.com/range/`, which learns five digits of a hash, or `file:///srv/breached.txt`, lines of `SHA-1:COUNT` sorted by hash',
    },
    LATCHKEY_PLACES: {
      usual: 'none',
      meaning: 'a MaxMind-format file of cities: people see where an address probably is',
    },
  },
  Watching: {
    LATCHKEY_LOG_LEVEL: {
      usual: '`info`',
      meaning: 'one JSON object a line, to standard output within a quarter of a second',
    },
    LATCHKEY_METRICS_LISTEN: {
      usual: 'off',
      meaning: 'such as `127.0.0.1:9464`: Prometheus [figures](observability.md) at `/metrics` on that port alone',
    },
    OTEL_EXPORTER_OTLP_ENDPOINT: {
      usual: 'none',
      meaning: 'a collector that [traces](observability.md#traces) are exported to, such as `http://127.0.0.1:4318`',
    },
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: { usual: 'none', meaning: 'the same for traces alone, as the whole address' },
    OTEL_TRACES_SAMPLER: {
      usual: '`parentbased_always_on`',
      meaning: 'which traces are exported, such as `parentbased_traceidratio`',
    },
    OTEL_TRACES_SAMPLER_ARG: { usual: '1', meaning: 'their share for `traceidratio`, such as `0.1`' },
    OTEL_SDK_DISABLED: { usual: 'none', meaning: '`true` exports no traces' },
  },
} as const satisfies Record<string, Record<string, Described>>

type Groups = typeof described

/** The name of a variable that is read: nothing else can be. */
export type SettingName = { [Group in keyof Groups]: keyof Groups[Group] }[keyof Groups]

/** Every setting, by what it is about. */
export const settings: Record<string, Record<string, Described>> = described

/** Whether a setting holds a secret. */
export const isSecret = (name: SettingName): boolean =>
  Object.values(settings).some(group => group[name]?.isSecret === true)
