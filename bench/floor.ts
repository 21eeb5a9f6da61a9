import { spawn } from 'node:child_process'
import { createHmac, randomBytes, randomInt, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { createHasher } from '../server/src/crypto/index.ts'
import { smtpSender } from '../server/src/notifications/smtp.ts'

// The floor: what a reset and a sign-in cost without any rule. It uses the same tables and roles, counts attempts,
// writes events, keeps each mail in a row and sends it. It reads no policy, knows no limit and refuses nobody.

/** A floor that runs in a process of its own. */
export interface Floor {
  origin: string
  pid: number
  stop(): Promise<void>
}

interface Settings {
  /** Of the role that requests log in as. */
  databaseUrl: string
  smtpUrl: string
}

export async function startFloor(settings: Settings): Promise<Floor> {
  const options = ['--max-semi-space-size=16', '--import', join(import.meta.dirname, '../tools/jsx.js')]
  const child = spawn(process.execPath, [...options, import.meta.filename, JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit').then(() => undefined)
  const port = await Promise.race([once(child.stdout, 'data'), exited])
  if (port === undefined || child.pid === undefined) throw new Error('the floor does not start')
  return {
    origin: `http://127.0.0.1:${port}`,
    pid: child.pid,
    async stop() {
      child.kill()
      await exited
    },
  }
}

const texts = {
  user: `select id from users where tenant_id = $1 and user_principal_name_folded = $2`,
  journey: `insert into journeys (tenant_id, id, kind, user_id, typed_name_sealed, browser_hash, security_epoch, may_unlock, language, created_at, expires_at)
    select $1, $3, 'reset', id, $4, $5, security_epoch, false, 'en', now(), now() + interval '15 minutes' from users
    where tenant_id = $1 and user_principal_name_folded = $2`,
  challenge: `insert into challenges (tenant_id, id, purpose, journey_id, user_id, security_epoch, kind, channel, code_sealed, code_hash, language, created_at, expires_at, delivery)
    values ($1, $2, 'reset', $3, $4, 1, 'email', 'email', $5, $6, 'en', now(), now() + interval '5 minutes', 'pending')`,
  attempt: `update challenges set attempts = attempts + 1 where tenant_id = $1 and id = $2 and consumed_at is null returning code_hash`,
  claim: `update challenges set consumed_at = now() where tenant_id = $1 and id = $2 and consumed_at is null`,
  finish: `update journeys set finished_at = now() where tenant_id = $1 and id = $2 and finished_at is null`,
  epoch: `update users set security_epoch = security_epoch + 1 where tenant_id = $1 and id = $2`,
  password: `update passwords set hash_sealed = $3, set_at = now() where tenant_id = $1 and user_id = $2`,
  mail: `insert into notices (tenant_id, id, correlation_id, template, to_sealed, variables, language, created_at)
    values ($1, $2, $2, 'floor', $3, '{}', 'en', now())`,
  stored: `select id, hash_sealed from users join passwords on passwords.tenant_id = users.tenant_id and user_id = id
    where users.tenant_id = $1 and user_principal_name_folded = $2`,
  count: `insert into counters as c (tenant_id, kind, subject, browser, failures, window_ends_at)
    values ($1, 'password', $2, 'other', 1, now() + interval '1 day')
    on conflict (tenant_id, kind, subject, browser) do update set failures = c.failures + 1`,
  forget: `delete from counters where tenant_id = $1 and kind = 'password' and subject = $2`,
  session: `insert into sessions (tenant_id, id, user_id, token_hash, correlation_id, security_epoch, password_at, language, created_at, expires_at, address, user_agent)
    values ($1, $2, $3, $4, $2, 1, now(), 'en', now(), now() + interval '12 hours', '', '')`,
  device: `insert into devices (tenant_id, id, user_id, token_hash, security_epoch, created_at, expires_at)
    values ($1, $2, $3, $4, 1, now(), now() + interval '90 days')`,
  event: `insert into audit_events (tenant_id, at, id, activity, result, actor_kind, actor_id, target_id, correlation_id)
    values ($1, now(), $2, $3, 'success', 'user', $4, $4, $2)`,
}

type Statement = [name: keyof typeof texts, ...values: unknown[]]

async function serve({ databaseUrl, smtpUrl }: Settings) {
  const cores = availableParallelism()
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 * cores, pipeline: true })
  const hasher = await createHasher({ atOnce: cores, waiting: 150 * cores })
  const sender = smtpSender({ url: smtpUrl, from: 'no-reply@bench.example' })
  const secret = randomBytes(32)
  const mac = (text: string) => createHmac('sha256', secret).update(text).digest()
  const journeys = new Map<string, { tenant: string; user: string; name: string }>()

  /** A transaction in one flight; the rows of its first statement. */
  async function flight(tenant: string, ...statements: Statement[]): Promise<Record<string, unknown>[]> {
    const client = await pool.connect()
    const [, first] = await Promise.all([
      client.query(`begin; set local role latchkey_tenant; set local latchkey.tenant = '${tenant}'`),
      ...statements.map(([name, ...values]) => client.query({ name, text: texts[name], values })),
      client.query('commit'),
    ]).finally(() => client.release())
    return first!.rows
  }
  async function tenantOf(name: string): Promise<string> {
    const domain = pg.escapeLiteral(name.split('@')[1] ?? '')
    const answers = await pool.query(
      `set local role latchkey_system; select tenant_id from domains where name = ${domain} and verified_at is not null`,
    )
    return (answers as unknown as pg.QueryResult[])[1]!.rows[0].tenant_id
  }
  const event = (tenant: string, activity: string, id: string): Statement => [
    'event',
    tenant,
    randomUUID(),
    activity,
    id,
  ]
  const waiting = (tenant: string): Statement => ['mail', tenant, randomUUID(), randomBytes(60)]
  const send = (name: string, text: string) =>
    sender.send({
      channel: 'email',
      kind: 'code',
      to: `${name.split('@')[0]}@mail.example`,
      from: 'Bench',
      subject: 'Bench',
      text,
      language: 'en',
    })

  const steps = {
    async reset({ username }: Record<string, string>) {
      const [tenant, id, name] = [await tenantOf(username!), randomUUID(), username!]
      const [user] = await flight(
        tenant,
        ['user', tenant, name],
        ['journey', tenant, name, id, randomBytes(60), mac(id)],
        event(tenant, 'reset.started', id),
      )
      journeys.set(id, { tenant, name, user: user!.id as string })
      return { id, methods: [{ id, kind: 'email' }] }
    },
    async challenges(_body: unknown, journey: string) {
      const { tenant, user, name } = journeys.get(journey)!
      const [id, code] = [randomUUID(), String(randomInt(1_000_000)).padStart(6, '0')]
      await flight(
        tenant,
        ['challenge', tenant, id, journey, user, randomBytes(40), mac(code)],
        waiting(tenant),
        event(tenant, 'challenge.issued', user),
      )
      void send(name, `Your code is ${code}.`)
      return { challenge: { id } }
    },
    async proofs({ challenge, code }: Record<string, string>, journey: string) {
      const { tenant, user } = journeys.get(journey)!
      const [spent] = await flight(tenant, ['attempt', tenant, challenge])
      if (!mac(code!).equals(spent!.code_hash as Buffer)) throw new Error('a wrong code')
      await flight(tenant, ['claim', tenant, challenge], event(tenant, 'challenge.passed', user))
      return { state: 'choose-password' }
    },
    async password({ newPassword }: Record<string, string>, journey: string) {
      const { tenant, user, name } = journeys.get(journey)!
      const hash = await hasher.hash(newPassword!)
      await flight(
        tenant,
        ['finish', tenant, journey],
        ['epoch', tenant, user],
        ['password', tenant, user, Buffer.from(hash)],
        waiting(tenant),
        event(tenant, 'reset.finished', user),
      )
      void send(name, 'Your password was changed.')
      return { state: 'finished' }
    },
    async signin({ username, password }: Record<string, string>) {
      const [tenant, id, subject] = [await tenantOf(username!), randomUUID(), mac(username!)]
      const [found] = await flight(tenant, ['stored', tenant, username], ['count', tenant, subject])
      const user = found!.id as string
      await hasher.verify(undefined, password!) // for its cost: the floor has no key to the server's hashes
      await flight(
        tenant,
        ['forget', tenant, subject],
        ['session', tenant, id, user, mac(id)],
        ['device', tenant, id, user, mac(id)],
        event(tenant, 'signin.succeeded', user),
      )
      return { state: 'signed-in' }
    },
  }
  async function answer(request: IncomingMessage): Promise<unknown> {
    let text = ''
    for await (const part of request.setEncoding('utf8')) text += part
    const [, first = '', journey = '', step = first] = request.url!.split('/')
    return steps[step as keyof typeof steps](JSON.parse(text), journey)
  }
  const server = createServer(async (request, response) => {
    const created = /^\/reset$|challenges$/.test(request.url!) ? 201 : 200
    const [status, json] = await answer(request).then(
      json => [created, json] as const,
      (error: Error) => [500, error.message] as const,
    )
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
  })
  server.listen(0, '127.0.0.1', () => process.stdout.write(String((server.address() as AddressInfo).port)))
}

if (import.meta.main) await serve(JSON.parse(process.argv[2]!))
