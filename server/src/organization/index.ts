export { beginBranding, findImage, type Looks, localizationsOf, looksFor, readLocale } from './branding.ts'
export { type Dns, openDns } from './dns.ts'
export { type ImageKind, imageKinds } from './images.ts'
