/** A browser as its user agent names it, and what it runs on where that can be told. */
export interface BrowserName {
  name: string
  system: string | undefined
}

// In this order: most browsers also claim to be those that come later in the list.
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
 * What a user agent says of itself, for people to recognize their own browser by. Undefined for anything but a well-known browser.
 * The other side wrote it: it may be a lie, so nothing is decided by it, and only the names above are ever shown.
 */
export function readBrowser(userAgent: string | null | undefined): BrowserName | undefined {
  if (!userAgent?.startsWith('Mozilla/5.0 (')) return undefined
  const name = browsers.find(([, pattern]) => pattern.test(userAgent))?.[0]
  return name === undefined ? undefined : { name, system: systems.find(([, pattern]) => pattern.test(userAgent))?.[0] }
}
