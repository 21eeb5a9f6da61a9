/** A browser as its user agent names it, and its system where that is known. */
export interface BrowserName {
  name: string
  system: string | undefined
}

// In this order: most browsers also claim to be ones that come later in the list.
const browsers: readonly [string, RegExp][] = [
  ['Edge', /\bEdg(e|A|iOS)?\/\d/],
  ['Opera', /\b(OPR|OPT|Opera)\/\d/],
  ['Samsung Internet', /\bSamsungBrowser\/\d/],
  ['Vivaldi', /\bVivaldi\/\d/],
  ['Firefox', /\b(Firefox|FxiOS)\/\d/],
  ['Chrome', /\b(Chrome|CriOS|HeadlessChrome)\/\d/],
  ['Safari', /\bVersion\/\d.*\bSafari\/\d/],
]

const systems: readonly [string, RegExp][] = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMacintosh\b/],
  ['Linux', /\bLinux\b/],
]

/**
 * The browser of a user agent, for people to recognize their own. Undefined for an unknown browser. The user agent may
 * lie, so nothing is decided by it, and only the names above are ever shown.
 */
export function readBrowser(userAgent: string | null | undefined): BrowserName | undefined {
  if (!userAgent?.startsWith('Mozilla/5.0 (')) return undefined
  const name = browsers.find(([, pattern]) => pattern.test(userAgent))?.[0]
  return name === undefined ? undefined : { name, system: systems.find(([, pattern]) => pattern.test(userAgent))?.[0] }
}
