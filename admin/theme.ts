import {
  type BrandVariants,
  createDarkTheme,
  createLightTheme,
  type Theme,
  webDarkTheme,
  webLightTheme,
} from '@fluentui/tokens'
import { dark, light } from './src/tokens.ts'

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

const inLight: Theme = { ...webLightTheme, ...createLightTheme(brand), fontFamilyBase, ...light }
const inDark: Theme = { ...webDarkTheme, ...createDarkTheme(brand), fontFamilyBase, ...dark }

const variables = (values: [string, string | number][]) => values.map(([name, value]) => `--${name}:${value}`).join(';')

/**
 * The theme as a style sheet: the names are Fluent's, the colours those of the people's pages. Made at build, because
 * writing it takes a slow processor as long as drawing Home.
 */
export function themeSheet(): string {
  const changed = Object.entries(inDark).filter(([name, value]) => value !== inLight[name as keyof Theme])
  const light = variables(Object.entries(inLight))
  return `:root{${light}}@media (prefers-color-scheme: dark){:root{${variables(changed)}}}`
}
