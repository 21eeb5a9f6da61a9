/** The surfaces that brand colours lie on, as style.css names them: page, card and sunken part, per scheme. */
export const surfaces = {
  light: { page: '#f4f5f8', card: '#ffffff', sunken: '#eff1f5' },
  dark: { page: '#121317', card: '#1b1d22', sunken: '#272a31' },
}

/** The least contrast for text, and for the outline of a control (WCAG 2.2, 1.4.3 and 1.4.11). */
const forText = 4.5
const forOutline = 3

/**
 * Writes the style sheet that gives a tenant's pages its colour, for the light and the dark scheme. Words on a button
 * and links on every surface stay readable: the colour yields, the contrast does not.
 *
 * @param color `#rrggbb`. Other text would become part of the style sheet and throws a RangeError.
 */
export function brandStyle(color: string): string {
  const light = block(palette(color, 'light'))
  const dark = block(palette(color, 'dark'))
  return `:root{${light}}@media(prefers-color-scheme:dark){:root{${dark}}}`
}

/** The brand's tokens for one scheme, as colours `#rrggbb`. */
export function palette(color: string, scheme: 'light' | 'dark') {
  if (!/^#[0-9a-f]{6}$/i.test(color)) throw new RangeError('A brand colour is written #rrggbb')
  const brand = toLch(color)
  const { page, card, sunken } = surfaces[scheme]
  const tint = toHex(
    scheme === 'light'
      ? { ...brand, lightness: 0.955, chroma: Math.min(brand.chroma, 0.025) }
      : { ...brand, lightness: 0.29, chroma: Math.min(brand.chroma, 0.06) },
  )
  const away = scheme === 'light' ? -1 : 1
  const onEverySurface = (candidate: string) =>
    [page, card, sunken, tint].every(surface => contrast(candidate, surface) >= forText)
  const foreground = shift(brand, away, onEverySurface)
  // A near-black brand would vanish on a dark card; on a light one its exact colour is kept.
  const base =
    scheme === 'light' ? color.toLowerCase() : shift(brand, 1, candidate => contrast(candidate, card) >= forOutline)
  const background = whiteOn(base)
    ? shift(toLch(base), -1, candidate => contrast('#ffffff', candidate) >= forText)
    : base
  const onBrand = contrast('#ffffff', background) >= forText ? '#ffffff' : '#000000'
  const readable = (candidate: string) => contrast(onBrand, candidate) >= forText
  return {
    colorBrandBackground: background,
    colorBrandBackgroundHover: nudge(background, 0.045, readable),
    colorBrandBackgroundPressed: nudge(background, 0.09, readable),
    colorNeutralForegroundOnBrand: onBrand,
    colorBrandBackground2: tint,
    colorBrandForeground1: foreground,
    colorBrandStroke1: contrast(background, card) >= forOutline ? background : foreground,
  }
}

/** How a colour is shown where words are read on it or written in it. */
export interface Readability {
  part: 'button' | 'link'
  scheme: 'light' | 'dark'
  /** The colour, and what it stands on or carries. */
  shown: string
  against: string
  /** Never below what text needs. */
  ratio: number
  /** Whether it is the very colour that was chosen. */
  kept: boolean
}

/** What becomes of a colour on buttons and links, in both schemes. */
export function readabilityOf(color: string): Readability[] {
  return (['light', 'dark'] as const).flatMap(scheme => {
    const { colorBrandBackground, colorNeutralForegroundOnBrand, colorBrandForeground1 } = palette(color, scheme)
    const parts = [
      ['button', colorBrandBackground, colorNeutralForegroundOnBrand],
      ['link', colorBrandForeground1, surfaces[scheme].card],
    ] as const
    return parts.map(([part, shown, against]) => ({
      ...{ part, scheme, shown, against, ratio: contrast(shown, against), kept: shown === color.toLowerCase() },
    }))
  })
}

/** The ratio of two colours' luminance as WCAG defines it: from 1, no difference, to 21, black on white. */
export function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number]
  return (lighter + 0.05) / (darker + 0.05)
}

/** Vivid middling colours (orange, turquoise) look like themselves with white words once slightly darkened. */
function whiteOn(color: string): boolean {
  return contrast('#ffffff', color) >= 3
}

/** Moves a colour's lightness, keeping its hue, by the least that satisfies; black or white if nothing does. */
function shift(from: Lch, direction: 1 | -1, satisfies: (hex: string) => boolean): string {
  for (let { lightness } = from; lightness >= 0 && lightness <= 1; lightness += direction * 0.005) {
    const candidate = toHex({ ...from, lightness })
    if (satisfies(candidate)) return candidate
  }
  return direction === 1 ? '#ffffff' : '#000000'
}

/** The same colour somewhat darker, or lighter where darker would cost its words their contrast. */
function nudge(color: string, by: number, satisfies: (hex: string) => boolean): string {
  const from = toLch(color)
  const candidates = [-by, by].map(step =>
    toHex({ ...from, lightness: Math.min(1, Math.max(0, from.lightness + step)) }),
  )
  return candidates.find(candidate => satisfies(candidate) && candidate !== color) ?? color
}

function block(tokens: Record<string, string>): string {
  return Object.entries(tokens)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';')
}

/** A colour in OKLCH, where a change of lightness leaves the hue as the eye sees it. */
interface Lch {
  lightness: number
  chroma: number
  /** Radians. */
  hue: number
}

function toLch(hex: string): Lch {
  const [r, g, b] = linear(hex)
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  const a = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s
  const bb = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s
  return {
    lightness: 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    chroma: Math.hypot(a, bb),
    hue: Math.atan2(bb, a),
  }
}

/** The nearest colour that a screen can show: the chroma gives way until all three channels fit. */
function toHex({ lightness, chroma, hue }: Lch): string {
  for (let rest = chroma; rest > 0.001; rest -= 0.004) {
    const channels = toRgb(lightness, rest, hue)
    if (channels.every(channel => channel > -0.002 && channel < 1.002)) return hexOf(channels)
  }
  return hexOf(toRgb(lightness, 0, hue))
}

function toRgb(lightness: number, chroma: number, hue: number): number[] {
  const a = chroma * Math.cos(hue)
  const b = chroma * Math.sin(hue)
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
}

function hexOf(channels: number[]): string {
  const bytes = channels.map(channel => {
    const value = Math.min(1, Math.max(0, channel))
    return Math.round(255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055))
  })
  return `#${bytes.map(byte => byte.toString(16).padStart(2, '0')).join('')}`
}

function luminance(hex: string): number {
  const [r, g, b] = linear(hex)
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function linear(hex: string): [number, number, number] {
  const channel = (start: number) => {
    const value = Number.parseInt(hex.slice(start, start + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return [channel(1), channel(3), channel(5)]
}
