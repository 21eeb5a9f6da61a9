import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { brandStyle } from './brand.ts'

/** The colour of pages that belong to no tenant, and of tenants that chose none. */
export const productColor = '#2f56c4'

export interface Asset {
  type: string
  body: Buffer
  /** A strong validator, in its quotes. */
  etag: string
  /** True: the name holds a hash of the content, so a browser may keep it for ever. */
  immutable: boolean
}

const styleText = `${brandStyle(productColor)}\n${readFileSync(new URL('./style.css', import.meta.url), 'utf8')}`
const iconText = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="${productColor}"/><path fill="#fff" d="M16 6.5a6 6 0 0 0-2.8 11.3L11.3 25.5h9.4l-1.9-7.7A6 6 0 0 0 16 6.5Z"/></svg>`

/** The one style sheet of every page; its address changes with its content. */
export const styleSheet = { text: styleText, href: named('style', 'css', styleText) }

/** The icon in a browser's tab. */
export const favicon = { text: iconText, href: named('icon', 'svg', iconText) }

/** The scripts in `scripts/`, by the names of their files. A page asks for those that it needs; without any of them it still works. */
const scriptNames = ['captcha', 'captchaWorker', 'newPassword'] as const
export type ScriptName = (typeof scriptNames)[number]

/** Where each script is served; for a worker's address, which a page hands to its script. */
export const scriptHrefs = {} as Record<ScriptName, string>

/** Every file that pages point to, by path; none of them needs a session. */
export const assets: ReadonlyMap<string, Asset> = new Map([
  [styleSheet.href, asset('text/css; charset=utf-8', styleSheet.text)],
  [favicon.href, asset('image/svg+xml', favicon.text)],
  ...scriptNames.map(readScript),
])

function readScript(name: ScriptName): [string, Asset] {
  const text = readFileSync(new URL(`./scripts/${name}.js`, import.meta.url), 'utf8')
  scriptHrefs[name] = named(name, 'js', text)
  return [scriptHrefs[name], asset('text/javascript; charset=utf-8', text)]
}

function named(name: string, extension: string, text: string): string {
  return `/assets/${name}-${fingerprint(text)}.${extension}`
}

function asset(type: string, text: string): Asset {
  return { type, body: Buffer.from(text), etag: `"${fingerprint(text)}"`, immutable: true }
}

function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 12)
}
