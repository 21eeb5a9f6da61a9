import type { Receipt } from '../notifications/index.ts'

/** What a mail server tells of a mail of ours that it was to pass on. `receipt`: undefined while it still tries. */
export interface Bounce {
  /** As the address names it that the report came to; not judged yet. */
  reference: string
  receipt: Receipt | undefined
}

/** More than a report holds that returns a mail of ours whole. */
export const BOUNCE_AT_MOST = 1024 * 1024

/** Beyond so many servers a mail goes in circles (RFC 5321, §6.3). */
const PASSED_ON_AT_MOST = 50

/** The report is the second part, and the mail that it is about the third (RFC 6522, §3). */
const PARTS_AT_MOST = 10

/**
 * Reads a delivery status notification (RFC 3464). Returns undefined for what is none: an answer of a person or of an
 * absent one, a mail in circles, one cut off or made wrong. What stands in it is a stranger's: only its status, and the
 * name of our message, go on.
 */
export function readBounce(mail: Buffer): Bounce | undefined {
  if (mail.length > BOUNCE_AT_MOST) return undefined
  const { headers, body } = split(mail.toString('latin1').replaceAll('\r\n', '\n'))
  if (headers.filter(([name]) => name === 'received').length > PASSED_ON_AT_MOST) return undefined
  const reference = headers
    .filter(([name]) => /^(to|delivered-to|x-original-to|envelope-to)$/.test(name))
    .map(([, value]) => /\+([cmn][0-9a-f]{50})@/i.exec(value)?.[1])
    .find(one => one !== undefined)
  const [, type] = headers.find(([name]) => name === 'content-type') ?? []
  const boundary =
    /^multipart\/report\s*;/i.test(type ?? '') && /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(type!)
  if (!boundary || reference === undefined) return undefined
  const parts = `\n${body}`.split(`\n--${boundary[1] ?? boundary[2]}`).slice(1, PARTS_AT_MOST)
  const report = parts
    .map(part => split(part.replace(/^[ \t]*\n/, '')))
    .find(part => part.headers.some(([name, value]) => name === 'content-type' && REPORT.test(value)))
  if (!report) return undefined
  return judge(reference, decoded(report))
}

const REPORT = /^message\/(global-)?delivery-status\b/i

type Headers = [name: string, value: string][]

/** The lines of a head, unfolded, and what follows it. */
function split(text: string): { headers: Headers; body: string } {
  const end = text.indexOf('\n\n')
  const head = end < 0 ? text : text.slice(0, end)
  const headers = head
    .replaceAll(/\n[ \t]+/g, ' ')
    .split('\n')
    .flatMap((line): Headers => {
      const colon = line.indexOf(':')
      return colon <= 0 ? [] : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]]
    })
  return { headers, body: end < 0 ? '' : text.slice(end + 2) }
}

function decoded({ headers, body }: { headers: Headers; body: string }): string {
  const [, encoding = ''] = headers.find(([name]) => name === 'content-transfer-encoding') ?? []
  if (/^base64$/i.test(encoding)) return Buffer.from(body, 'base64').toString('latin1').replaceAll('\r\n', '\n')
  if (!/^quoted-printable$/i.test(encoding)) return body
  return body
    .replaceAll('=\n', '')
    .replaceAll(/=([0-9a-f]{2})/gi, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

/** The first fields are about the whole, the next ones about a reader (§2.1); each of our mails has one. */
function judge(reference: string, report: string): Bounce | undefined {
  const [, reader] = report
    .trim()
    .split(/\n[ \t]*\n/)
    .map(fields => new Map(split(fields).headers))
  const action = reader?.get('action')?.toLowerCase()
  const status = /^([245])\.\d{1,3}\.\d{1,3}\b/.exec(reader?.get('status') ?? '')
  if (!action || !status) return undefined
  if (action === 'delivered') return { reference, receipt: { result: 'delivered' } }
  if (action !== 'failed') return { reference, receipt: undefined }
  return { reference, receipt: { result: 'undelivered', reason: status[0], isFinal: status[1] === '5' } }
}
