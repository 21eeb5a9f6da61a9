import pg from 'pg'

/** A statement of a flight. Without `values` it is not prepared by name: too few would use it again. */
interface Statement {
  text: string
  values: readonly unknown[] | undefined
  answer: PromiseWithResolvers<Answer>
}

export interface Answer {
  /** The first word of the statement; for a COMMIT that undid everything: ROLLBACK. */
  command: string
  rowCount: number
  rows: Record<string, unknown>[]
}

/** The parts of pg that its types leave out. */
export interface Wire {
  stream: pg.Connection['stream']
  parsedStatements: Record<string, string>
  submittedNamedStatements: Record<string, string>
  parse(message: { name: string; text: string }): void
  bind(message: { statement: string; values: readonly unknown[]; valueMapper: unknown }): void
  describe(message: { type: 'P' }): void
  execute(): void
  close(what: { type: 'S'; name: string }): void
  sync(): void
  /** What each of these hands its bytes to. */
  _send(bytes: Buffer): void
}
interface Asked extends Omit<pg.Query, 'submit'> {
  text: string
  name: string
  submit(wire: Wire): Error | null
  handleEmptyQuery(): void
  handleError(error: Error, wire: Wire): void
}
const Asked = pg.Query as unknown as new (text: string) => Asked
const { prepareValue } = (pg as unknown as { utils: { prepareValue(value: unknown): unknown } }).utils

interface Column {
  name: string
  read(text: string): unknown
}

/** What a connection's flights share. */
interface Line {
  /** The columns of each prepared statement, by its name; none where it has no rows. PostgreSQL describes them once. */
  described: Map<string, Column[]>
  /** The connection, which writes into `bytes`. */
  wire: Wire
  bytes: Buffer[]
}
const lines = new WeakMap<Wire['stream'], Line>()

function lineOf(connection: Wire): Line {
  const known = lines.get(connection.stream)
  if (known) return known
  const bytes: Buffer[] = []
  const wire: Wire = Object.assign(Object.create(connection), { _send: (more: Buffer) => bytes.push(more) })
  const line = { described: new Map(), wire, bytes }
  lines.set(connection.stream, line)
  return line
}

/**
 * Statements that travel as one message and are answered by one, in their order. PostgreSQL skips all that follow an
 * error, a COMMIT too.
 */
export class Flight extends Asked {
  /** Gives the name under which a text is prepared; undefined where statements have no names. */
  nameOf: ((text: string, wire: Wire) => string) | undefined
  readonly #statements: readonly Statement[]
  readonly #sent: { name: string; columns: Column[] | undefined }[] = []
  #described: Line['described'] = new Map()
  #answered = 0
  #columns: Column[] | undefined
  #rows: Answer['rows'] = []

  constructor(statements: readonly Statement[]) {
    super('') // each statement says its own text
    this.#statements = statements
  }

  override submit(connection: Wire): null {
    const { described, wire, bytes } = lineOf(connection)
    this.#described = described
    bytes.length = 0
    for (const { text, values, answer } of this.#statements) {
      const name = (values && this.nameOf?.(text, wire)) ?? ''
      const columns = this.#described.get(name)
      const written = bytes.length
      try {
        write(wire, { name, text, values: values ?? [] }, !columns)
      } catch (error) {
        // A value that cannot be written. PostgreSQL has to hear of it, or a COMMIT would keep what came before.
        answer.reject(error)
        bytes.length = written
        wire.bind({ statement: UNKNOWN, values: [], valueMapper: prepareValue })
        break
      }
      this.#sent.push({ name, columns })
    }
    wire.sync()
    connection._send(Buffer.concat(bytes))
    this.#turn()
    return null
  }

  /** The name and the text are those by which pg notes what PostgreSQL has prepared. */
  #turn() {
    const { name = '', columns } = this.#sent[this.#answered] ?? {}
    this.name = name
    this.text = this.#statements[this.#answered]?.text ?? ''
    this.#columns = columns
    this.#rows = []
  }

  handleRowDescription({ fields }: { fields: pg.FieldDef[] }) {
    this.#columns = fields.map(({ name, dataTypeID }) => ({ name, read: pg.types.getTypeParser(dataTypeID, 'text') }))
  }

  handleDataRow({ fields }: { fields: (string | null)[] }) {
    const row: Answer['rows'][number] = {}
    try {
      const columns = this.#columns!
      for (let place = 0; place < columns.length; place += 1) {
        const { name, read } = columns[place]!
        const value = fields[place]!
        row[name] = value === null ? null : read(value)
      }
      this.#rows.push(row)
    } catch (error) {
      this.#statements[this.#answered]!.answer.reject(error)
    }
  }

  handleCommandComplete({ text }: { text: string }) {
    if (this.name !== '') this.#described.set(this.name, this.#columns ?? [])
    const [command = '', ...counts] = text.split(' ')
    this.#statements[this.#answered++]!.answer.resolve({
      command,
      rowCount: Number(counts.at(-1) ?? 0),
      rows: this.#rows,
    })
    this.#turn()
  }

  /** A text of blanks or of a comment alone. Each later answer would else be taken for the one before. */
  override handleEmptyQuery() {
    this.handleCommandComplete({ text: '' })
  }

  override handleError(error: Error, connection: Wire) {
    for (const { name } of this.#sent.slice(this.#answered + 1)) delete connection.submittedNamedStatements[name]
    this.#statements[this.#answered]?.answer.reject(error)
    super.handleError(error, connection)
  }

  /** Rejects what was not answered. */
  end(error: Error | null) {
    const left = this.#statements.slice(this.#answered)
    if (left.length === 0) return
    const reason = error && !(error instanceof pg.DatabaseError) ? error : new Skipped()
    for (const { answer } of left) answer.reject(reason)
  }
}

/** The name of a statement that no connection has, so that PostgreSQL refuses it. */
const UNKNOWN = 'unwritten'

interface Prepared {
  name: string
  text: string
  values: readonly unknown[]
}

function write(wire: Wire, { name, text, values }: Prepared, describes: boolean) {
  const isNew = name === '' || !(wire.parsedStatements[name] ?? wire.submittedNamedStatements[name])
  if (isNew) wire.parse({ name, text })
  wire.bind({ statement: name, values, valueMapper: prepareValue })
  if (isNew && name !== '') wire.submittedNamedStatements[name] = text
  if (describes) wire.describe({ type: 'P' })
  wire.execute()
}

/** Asks one connection. Without `values` the statement is not prepared by name. */
export type AskConnection = (text: string, values?: readonly unknown[]) => Promise<Answer>

/** Asks a connection by flights: what is asked in one turn goes together. All that is asked keeps its order. */
export function flightsOf(client: pg.PoolClient): AskConnection {
  let waiting: Statement[] = []
  const leave = () => {
    const flight = new Flight(waiting)
    waiting = []
    const ask = client.query as unknown as (flight: Flight, ended: (error: Error | null) => void) => void
    ask.call(client, flight, error => flight.end(error))
  }
  return (text, values) => {
    if (waiting.length === 0) process.nextTick(leave)
    const answer = Promise.withResolvers<Answer>()
    waiting.push({ text, values, answer })
    return answer.promise
  }
}

/** As PostgreSQL calls what follows an error in a transaction. */
class Skipped extends Error {
  readonly code = '25P02'
}

/** Has PostgreSQL forget a statement, by the protocol's own message: as SQL it would fail in a transaction that has failed. */
export function forget(wire: Wire, name: string) {
  wire.close({ type: 'S', name })
  delete wire.parsedStatements[name]
  lines.get(wire.stream)?.described.delete(name)
}
