import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import pg from 'pg'

// The limit of the token endpoint: `jose` signs the claims of one answer, and one row is committed. It speaks no HTTP.

/** A process that signs and commits all the time. */
export interface Signing {
  pid: number
  /** The answers that it has signed and committed so far. */
  made(): Promise<number>
  stop(): Promise<void>
}

interface Settings {
  /** Of the role that requests log in as. */
  databaseUrl: string
  tenantId: string
  atOnce: number
  /** The claims of each token of one answer. */
  claims: JWTPayload[]
}

export async function startSigning(settings: Settings): Promise<Signing> {
  const child = spawn(process.execPath, ['--max-semi-space-size=16', import.meta.filename, JSON.stringify(settings)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  const made = () => ask(child, exited)
  await made()
  return {
    pid: child.pid!,
    made,
    async stop() {
      child.kill()
      await exited
    },
  }
}

async function ask(child: ChildProcess, exited: Promise<unknown>): Promise<number> {
  const answer = once(child, 'message')
  child.send('how many?')
  const [count] = (await Promise.race([answer, exited.then(() => [])])) as unknown[]
  if (typeof count !== 'number') throw new Error('the signing process has ended')
  return count
}

async function sign({ databaseUrl, tenantId, atOnce, claims }: Settings) {
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048 })
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 * availableParallelism(), pipeline: true })
  const insert = {
    name: 'commit',
    text: `insert into audit_events (tenant_id, at, id, activity, result, actor_kind, actor_id, target_id, correlation_id)
      values ($1, now(), $2, 'signing', 'success', 'user', $2, $2, $2)`,
  }
  let made = 0
  const commit = async () => {
    const client = await pool.connect()
    await Promise.all([
      client.query(`begin; set local role latchkey_tenant; set local latchkey.tenant = '${tenantId}'`),
      client.query({ ...insert, values: [tenantId, randomUUID()] }),
      client.query('commit'),
    ]).finally(() => client.release())
  }
  const keepBusy = async () => {
    for (;;) {
      await Promise.all(
        claims.map(one => new SignJWT(one).setProtectedHeader({ alg: 'RS256', kid: 'bench' }).sign(privateKey)),
      )
      await commit()
      made++
    }
  }
  process.on('message', () => process.send!(made))
  process.once('disconnect', () => process.exit())
  await Promise.all(Array.from({ length: atOnce }, keepBusy))
}

if (process.argv[1] === import.meta.filename) await sign(JSON.parse(process.argv[2]!))
