import { CommandError, modules, print, withAct } from './command.ts'

/** Reads one mail from standard input, as mail servers hand it to a program. */
export async function takeBounces() {
  const on = await modules('receipts')
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin) {
    length += chunk.length
    // The rest is read and dropped, or the mail server would take the closed pipe for a failure of the program.
    if (length <= on.receipts.BOUNCE_AT_MOST) chunks.push(chunk)
  }
  if (length > on.receipts.BOUNCE_AT_MOST)
    throw new CommandError('The mail is larger than any report: nothing was noted.')
  const taken = await withAct((db, act) => on.receipts.takeBounce(db, act, Buffer.concat(chunks)))
  if (taken === 'no report') throw new CommandError('The mail is no delivery status notification: nothing was noted.')
  if (taken === 'not ours')
    throw new CommandError('The report is about no message of this installation: nothing was noted.')
  print('Noted.')
}
