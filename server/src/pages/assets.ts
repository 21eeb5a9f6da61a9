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

// Without its indentation it is shorter on the wire too.
const styleText = withoutNotes(
  `${brandStyle(productColor)}\n${readFileSync(new URL('./style.css', import.meta.url), 'utf8')}`,
).replace(/\n\s+/g, '\n')
/** The product's mark on a grid of 24: a keyhole, filled, and an arrow that leads back to it, in a stroke of 2.1. */
export const mark = {
  keyhole: 'M12.2 7.9a3.1 3.1 0 0 0-1.55 5.78L9.8 17.6h4.8l-.85-3.92A3.1 3.1 0 0 0 12.2 7.9Z',
  way: 'M3 12.5a9 9 0 1 0 2.64-6.36L3.1 8.5M3.1 4v4.5h4.4',
}
const iconText = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-4 -4 32 32"><rect x="-4" y="-4" width="32" height="32" rx="8" fill="${productColor}"/><path fill="#fff" d="${mark.keyhole}"/><path fill="none" stroke="#fff" stroke-width="2.1" stroke-linecap="round" stroke-linejoin="round" d="${mark.way}"/></svg>`
const touchIconImage = readFileSync(new URL('./touch-icon.png', import.meta.url))

/** The one style sheet of every page; its address changes with its content. */
export const styleSheet = { text: styleText, href: named('style', 'css', styleText) }

/** The icon in a browser's tab. */
export const favicon = { text: iconText, href: named('icon', 'svg', iconText) }

/** The icon on a phone's home screen: the same, 180 pixels wide and without round corners, which phones cut themselves. */
export const touchIcon = { href: named('touch-icon', 'png', touchIconImage) }

/** The scripts in `scripts/`, by the names of their files. A page asks for the ones that it uses, and works without any. */
const scriptNames = [
  'answers',
  'application',
  'captcha',
  'captchaWorker',
  'codes',
  'copy',
  'delivery',
  'forgot',
  'newPassword',
  'onward',
  'passkey',
  'times',
  'zone',
] as const
export type ScriptName = (typeof scriptNames)[number]

/** Where each script is served; for a worker's address, which a page hands to its script. */
export const scriptHrefs = {} as Record<ScriptName, string>

/** The types of files, by the end of their names. */
export const assetTypes: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
}

/** Every file that pages point to, by path; none of them needs a session. */
export const assets: ReadonlyMap<string, Asset> = new Map([
  [styleSheet.href, asset('text/css; charset=utf-8', styleSheet.text)],
  [favicon.href, asset('image/svg+xml', favicon.text)],
  [touchIcon.href, asset('image/png', touchIconImage)],
  ...scriptNames.map(readScript),
])

function readScript(name: ScriptName): [string, Asset] {
  const text = readFileSync(new URL(`./scripts/${name}.js`, import.meta.url), 'utf8')
  scriptHrefs[name] = named(name, 'js', text)
  return [scriptHrefs[name], asset('text/javascript; charset=utf-8', withoutNotes(text))]
}

/** Without comments and indentation, which are for readers of the source: a fifth of what a first page weighs. */
function withoutNotes(text: string): string {
  return text
    .replace(/^[ \t]*\/\/.*\n/gm, '')
    .replace(/\/\*[\s\S]*?\*\/\s*/g, '')
    .replace(/\n\s+/g, '\n')
}

function named(name: string, extension: string, content: string | Buffer): string {
  return `/assets/${name}-${fingerprint(content)}.${extension}`
}

function asset(type: string, content: string | Buffer): Asset {
  return { type, body: Buffer.from(content), etag: `"${fingerprint(content)}"`, immutable: true }
}

function fingerprint(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('base64url').slice(0, 12)
}
