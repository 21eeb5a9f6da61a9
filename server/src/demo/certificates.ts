import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DAY, plus } from '../clock.ts'

/** What https on this machine is served with. */
export interface LocalCertificate {
  /** Where the authority lies that clients are to trust. */
  authorityPath: string
  cert: string
  key: string
}

/** Browsers take no longer ones. */
const LASTS = 397 * DAY
/** A certificate that ends sooner is replaced. */
const ENOUGH = 30 * DAY

/**
 * The certificate of the folder, made where it is missing or ends soon. Its authority may vouch for this machine's own
 * names alone, and its key is thrown away: a browser that trusts it stays safe.
 */
export async function localCertificate(folder: string, now: Date): Promise<LocalCertificate> {
  const found = await readCertificate(folder)
  if (found && new X509Certificate(found.cert).validToDate > plus(now, ENOUGH)) return found
  const { authority, ...server } = makeCertificate(now)
  await mkdir(dirname(folder), { recursive: true })
  const part = await mkdtemp(`${folder}.`)
  await writeFile(join(part, 'key.pem'), server.key, { mode: 0o600 })
  await writeFile(join(part, 'certificate.pem'), server.cert)
  await writeFile(join(part, 'ca.pem'), authority)
  await chmod(part, 0o755)
  if (found) await rm(folder, { recursive: true })
  // The folder comes whole: of two starters neither reads the other's half.
  await rename(part, folder).catch(() => rm(part, { recursive: true }))
  return (await readCertificate(folder))!
}

async function readCertificate(folder: string): Promise<LocalCertificate | undefined> {
  const read = (name: string) => readFile(join(folder, name), 'utf8')
  try {
    const [cert, key] = await Promise.all([read('certificate.pem'), read('key.pem')])
    return { authorityPath: join(folder, 'ca.pem'), cert, key }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function makeCertificate(now: Date) {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuer = nameOf('Latchkey demonstration, this machine alone')
  const signed = (subject: Buffer, key: KeyObject, extensions: Buffer[]) =>
    certificate({ issuer, subject, key, extensions, now }, authority.privateKey)
  return {
    authority: signed(issuer, authority.publicKey, [
      extension(BASIC_CONSTRAINTS, sequence(TRUE, der(0x02, Buffer.of(0))), true),
      extension(KEY_USAGE, der(0x03, Buffer.of(2, 0x04)), true), // signs certificates
      extension(NAME_CONSTRAINTS, sequence(der(0xa0, ...PERMITTED.map(name => sequence(name)))), true),
      extension(KEY_IDENTIFIER, der(0x04, identifierOf(authority.publicKey))),
    ]),
    cert: signed(nameOf('localhost'), server.publicKey, [
      extension(KEY_USAGE, der(0x03, Buffer.of(7, 0x80)), true), // signs handshakes
      extension(EXTENDED_KEY_USAGE, sequence(SERVER)),
      extension(ALTERNATIVE_NAMES, sequence(...NAMES)),
      extension(AUTHORITY_IDENTIFIER, sequence(der(0x80, identifierOf(authority.publicKey)))),
    ]),
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

interface Contents {
  issuer: Buffer
  subject: Buffer
  key: KeyObject
  extensions: Buffer[]
  now: Date
}

/** An X.509 certificate (RFC 5280, §4.1), which Node reads but does not write. */
function certificate({ issuer, subject, key, extensions, now }: Contents, signer: KeyObject): string {
  const serial = Buffer.concat([Buffer.of(1), randomBytes(15)])
  const contents = sequence(
    der(0xa0, der(0x02, Buffer.of(2))), // version 3
    der(0x02, serial),
    ECDSA_WITH_SHA256,
    issuer,
    sequence(time(plus(now, -DAY)), time(plus(now, LASTS - DAY))),
    subject,
    key.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  )
  const signature = der(0x03, Buffer.of(0), sign('sha256', contents, signer))
  const text = sequence(contents, ECDSA_WITH_SHA256, signature).toString('base64')
  return `-----BEGIN CERTIFICATE-----\n${text.replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`
}

/** A value with its tag and length (X.690, DER). */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const length = body.length
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...head), body])
}

const sequence = (...parts: Buffer[]) => der(0x30, ...parts)
const object = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const TRUE = der(0x01, Buffer.of(0xff))
const time = (moment: Date) =>
  der(
    0x17,
    Buffer.from(moment.toISOString().replace(/^\d\d(\d\d)-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d).*/, '$1$2$3$4$5$6Z')),
  )
const nameOf = (text: string) => sequence(der(0x31, sequence(object('550403'), der(0x0c, Buffer.from(text)))))
const identifierOf = (key: KeyObject) =>
  createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
const extension = (id: Buffer, value: Buffer, critical = false) =>
  sequence(id, ...(critical ? [TRUE] : []), der(0x04, value))

const ECDSA_WITH_SHA256 = sequence(object('2a8648ce3d040302'))
const KEY_IDENTIFIER = object('551d0e')
const KEY_USAGE = object('551d0f')
const ALTERNATIVE_NAMES = object('551d11')
const BASIC_CONSTRAINTS = object('551d13')
const NAME_CONSTRAINTS = object('551d1e')
const AUTHORITY_IDENTIFIER = object('551d23')
const EXTENDED_KEY_USAGE = object('551d25')
const SERVER = object('2b06010505070301')

const LOCALHOST = der(0x82, Buffer.from('localhost'))
const LOOPBACK_6 = Buffer.from('00000000000000000000000000000001', 'hex')
const NAMES = [LOCALHOST, der(0x87, Buffer.of(127, 0, 0, 1)), der(0x87, LOOPBACK_6)]
/** Each address with the mask of its network. */
const PERMITTED = [
  LOCALHOST,
  der(0x87, Buffer.of(127, 0, 0, 0, 255, 0, 0, 0)),
  der(0x87, LOOPBACK_6, Buffer.alloc(16, 0xff)),
]
