import { open } from 'node:fs/promises'
import { SECOND } from '../clock.ts'
import { CommandError, columns, modules, print, tenantOf, UsageError, type Values, withAct } from './command.ts'

type Row = { row: number; code: string; target?: string | undefined }

/** Brings the people of a file in, and says which rows were refused. Ends with 1 where one was. */
export async function importUsers({ json, 'dry-run': dryRun, whole }: Values, domain: string, file: string) {
  const on = await modules('bulk', 'directory', 'purpose')
  const bytes = await bytesOf(file)
  const refused: Row[] = []
  const isDryRun = dryRun === true
  const isWhole = whole === true
  const told = {
    refused(row: Row) {
      if (json === true) refused.push(row)
      else print(...columns([[`row ${row.row}`, row.code, row.target ?? '']]))
    },
    judged: telling(),
  }
  const done = await withAct(async (db, act) => {
    const tenantId = await tenantOf(on, db, domain)
    await on.purpose.claimDatabase(db, act.keys, 'production')
    return on.bulk.importPeople(db, act, { tenantId, isDryRun, isWhole, told }, bytes)
  })
  if (json === true) print(JSON.stringify({ ...done, rows: refused }, null, 2))
  else print(summaryOf(done, { isDryRun, isWhole }))
  if (done.refused > 0) process.exitCode = 1
}

function summaryOf(
  { total, added, refused }: { total: number; added: number; refused: number },
  { isDryRun, isWhole }: { isDryRun: boolean; isWhole: boolean },
): string {
  const of = `of ${counted(total)} rows`
  if (isDryRun) return `${counted(added)} ${of} would be added, ${counted(refused)} refused. Nothing was changed.`
  if (isWhole && refused > 0) return `Nobody was added: ${counted(refused)} ${of} were refused.`
  return `${counted(added)} ${of} were added, ${counted(refused)} refused.`
}

async function bytesOf(file: string): Promise<AsyncIterable<Buffer>> {
  if (file === '-') return process.stdin
  const handle = await open(file).catch(error => {
    throw new UsageError(`${file} cannot be read (${error.code}).`)
  })
  if (!(await handle.stat()).isFile()) throw new CommandError(`${file} is no file.`)
  return handle.createReadStream({ highWaterMark: 1024 * 1024 })
}

const counted = (rows: number) => rows.toLocaleString('en')

/** Tells every other second on standard error how far it is. */
function telling() {
  let last = performance.now()
  return (rows: number) => {
    if (performance.now() - last < 2 * SECOND) return
    last = performance.now()
    process.stderr.write(`latchkey: ${counted(rows)} rows judged\n`)
  }
}
