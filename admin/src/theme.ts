import {
  type BrandVariants,
  createDarkTheme,
  createLightTheme,
  type Theme,
  webDarkTheme,
  webLightTheme,
} from '@fluentui/react-components'
import { dark, light } from './tokens.ts'

// The product's blue from its darkest to its lightest.
const brand: BrandVariants = {
  10: '#040815',
  20: '#0d1a3a',
  30: '#14275a',
  40: '#1b3373',
  50: '#1f3c8a',
  60: '#2448b5',
  70: '#2a4fbd',
  80: '#2f56c4',
  90: '#3861d0',
  100: '#4d74da',
  110: '#6487e3',
  120: '#7d9dff',
  130: '#9ab3ff',
  140: '#b7c9ff',
  150: '#d3deff',
  160: '#e9f0ff',
}

const fontFamilyBase =
  '"Segoe UI Variable Text", "Segoe UI", system-ui, -apple-system, "Helvetica Neue", "Noto Sans", Roboto, Arial, "Hiragino Sans", "Yu Gothic UI", "Noto Sans JP", "Noto Sans CJK JP", sans-serif'

/** The themes, with the colours of the people's pages. The one that nobody sees is not made. */
const makes = {
  light: (): Theme => ({ ...webLightTheme, ...createLightTheme(brand), fontFamilyBase, ...light }),
  dark: (): Theme => ({ ...webDarkTheme, ...createDarkTheme(brand), fontFamilyBase, ...dark }),
}
const made: Partial<Record<keyof typeof makes, Theme>> = {}

/** The theme of a scheme, always the same one. */
export function themeOf(scheme: keyof typeof makes): Theme {
  made[scheme] ??= makes[scheme]()
  return made[scheme]
}
