import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import fastify from 'fastify'
import pg from 'pg'

// What a list costs without a door: a route of Fastify that runs the same statements in the same transaction and answers
// the bytes that the product answered. It reads no token, judges nobody, parses no query and opens no seal.

/** A request as the bare route answers it. */
export interface BareAct {
  statements: [text: string, values: unknown[]][]
  /** The id in `statements` that each request's own takes the place of. */
  id: string
  answer: string
}

interface Settings {
  /** Of the role that requests log in as. */
  databaseUrl: string
  tenantId: string
  acts: Record<string, BareAct>
}

/** A process with the bare route at `/{act}/{id}`. `/direct/{act}/{id}/{seconds}` runs the statements alone, and answers how often. */
export interface BareRoute {
  origin: string
  pid: number
  stop(): Promise<void>
}

export async function startBareRoute(settings: Settings): Promise<BareRoute> {
  const child = spawn(process.execPath, ['--max-semi-space-size=16', import.meta.filename], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  child.send(settings)
  const [port] = await Promise.race([once(child, 'message'), exited.then(() => [])])
  if (typeof port !== 'number') throw new Error('the bare route does not start')
  return {
    origin: `http://127.0.0.1:${port}`,
    pid: child.pid!,
    async stop() {
      child.kill()
      await exited
    },
  }
}

/** In place of it stands the id of a new row. */
export const NEW_ID = 'a new id'

async function serve({ databaseUrl, tenantId, acts }: Settings) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 * availableParallelism(), pipeline: true })
  const begin = `begin; set local role latchkey_tenant; set local latchkey.tenant = '${tenantId}'`
  /** Runs the statements of an act in one flight. */
  const run = async (name: string, id: string) => {
    const client = await pool.connect()
    const own = (value: unknown) => (value === acts[name]!.id ? id : value === NEW_ID ? randomUUID() : value)
    await Promise.all([
      client.query(begin),
      ...acts[name]!.statements.map(([text, values], place) =>
        values.length === 0
          ? client.query(text)
          : client.query({ name: `${name} ${place}`, text, values: values.map(own) }),
      ),
      client.query('commit'),
    ]).finally(() => client.release())
  }
  const app = fastify()
  type Asked = { Params: { act: string; id: string } }
  app.get<Asked>('/:act/:id', async ({ params: { act, id } }, reply) => {
    await run(act, id)
    return reply.type('application/json; charset=utf-8').send(acts[act]!.answer)
  })
  app.patch<Asked>('/:act/:id', async ({ params: { act, id } }, reply) => {
    await run(act, id)
    return reply.code(204).send()
  })
  app.get<Asked & { Params: { seconds: string } }>('/direct/:act/:id/:seconds', async ({ params }) => {
    const end = performance.now() + Number(params.seconds) * 1_000
    let count = 0
    const keepBusy = async () => {
      for (; performance.now() < end; count += 1) await run(params.act, params.id)
    }
    await Promise.all(Array.from({ length: 2 * availableParallelism() }, keepBusy))
    return { count }
  })
  process.once('disconnect', () => process.exit())
  process.send!(Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port))
}

if (process.argv[1] === import.meta.filename) process.once('message', settings => serve(settings as Settings))
