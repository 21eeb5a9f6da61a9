import { SECOND } from '../clock.ts'
import type { SealCounts } from '../store/index.ts'
import { CommandError, type CommandGroup, columns, flag, modules, show, type Values, withAct } from './command.ts'

async function status({ json }: Values) {
  const { seals } = await modules('seals')
  const counts = await withAct((db, { keys }) => seals.countAllSeals(db, keys))
  show(json, counts, () => [...tableOf(counts), adviceOf(counts)])
}

async function reseal({ json }: Values) {
  const { purpose, seals } = await modules('purpose', 'seals')
  const counts = await withAct(async (db, act) => {
    if (!(await purpose.hasStartedWith(db, act.keys)))
      throw new CommandError(
        'No server has started with the first secret yet, and those that run could not open what it seals: restart them first.',
      )
    const waiting = waitingOf(await seals.countAllSeals(db, act.keys))
    const failure = await seals.resealAll(db, act, telling(waiting)).catch((error: Error) => error)
    const left = await seals.countAllSeals(db, act.keys)
    // A value that nobody can open keeps its secret from going: that is told with the numbers.
    if (failure && left.unknown === 0 && waitingOf(left) === 0) throw failure
    return left
  })
  show(json, counts, () => [...tableOf(counts), adviceOf(counts)])
  if (waitingOf(counts) + counts.unknown > 0)
    throw new CommandError('Not all values are under the first secret: see the numbers.')
}

const tableOf = ({ secrets, unknown, plain }: SealCounts) =>
  columns([
    ...secrets.map((values, place) => [`secret ${place + 1}`, `${values} values`]),
    ...(unknown > 0 ? [['a missing secret', `${unknown} values`]] : []),
    ...(plain > 0 ? [['in the clear', `${plain} values`]] : []),
  ])

const waitingOf = ({ secrets, plain }: SealCounts) => plain + secrets.slice(1).reduce((sum, values) => sum + values, 0)

function adviceOf(counts: SealCounts): string {
  if (counts.unknown > 0)
    return 'Some values are sealed by a secret that is not in LATCHKEY_SECRETS: add it at the end.'
  if (waitingOf(counts) > 0) return 'Keep every secret, and run latchkey secrets reseal.'
  if (counts.secrets.length === 1) return 'All values are under it.'
  return 'All values are under the first secret. The others can go once nobody needs the sessions that they signed, a day from now at the latest for those who do not stay signed in.'
}

/** Tells every other second on standard error how far it is. */
function telling(some: number) {
  let sealed = 0
  let told = performance.now()
  return (rows: number) => {
    sealed += rows
    if (performance.now() - told < 2 * SECOND) return
    told = performance.now()
    process.stderr.write(`latchkey: ${sealed} of some ${some} values sealed\n`)
  }
}

export const secretCommands: CommandGroup = {
  about: 'the secrets of LATCHKEY_SECRETS, and what each of them seals',
  commands: {
    status: {
      usage: '[--json]',
      about: 'count the values under each secret, and say which secret can go',
      options: { json: flag },
      run: status,
    },
    reseal: {
      usage: '[--json]',
      about:
        'bring every value under the first secret now, beside servers that go on; workers do so at their start and daily',
      options: { json: flag },
      run: reseal,
    },
  },
  examples: [
    ['Can the former secret go?', 'secrets status'],
    ['Seal everything under the new secret', 'secrets reseal'],
  ],
}
