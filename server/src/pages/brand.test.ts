import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { assets, productColor, styleSheet } from './assets.ts'
import { brandStyle, contrast, palette, surfaces } from './brand.ts'

const css = readFileSync(new URL('./style.css', import.meta.url), 'utf8')

/** 6 × 6 × 6 colours over the whole cube, greys, and a few that real companies use. */
function manyColors(): string[] {
  const levels = ['00', '33', '66', '99', 'cc', 'ff']
  const cube = levels.flatMap(r => levels.flatMap(g => levels.map(b => `#${r}${g}${b}`)))
  const greys = Array.from({ length: 16 }, (_, step) => `#${(step * 17).toString(16).padStart(2, '0').repeat(3)}`)
  return [...cube, ...greys, productColor, '#0F6CBD', '#e4002b', '#ffd100', '#00a1de', '#ff6600', '#1db954', '#777777']
}

test('every brand colour gives readable words, links and outlines in both schemes', () => {
  const colors = manyColors()
  assert.ok(colors.length > 200)
  for (const color of colors) {
    for (const scheme of ['light', 'dark'] as const) {
      const { page, card, sunken } = surfaces[scheme]
      const tokens = palette(color, scheme)
      const where = `${color}, ${scheme}`
      for (const background of [
        tokens.colorBrandBackground,
        tokens.colorBrandBackgroundHover,
        tokens.colorBrandBackgroundPressed,
      ]) {
        assert.ok(contrast(tokens.colorNeutralForegroundOnBrand, background) >= 4.5, `button ${background}: ${where}`)
      }
      for (const surface of [page, card, sunken, tokens.colorBrandBackground2]) {
        assert.ok(contrast(tokens.colorBrandForeground1, surface) >= 4.5, `link on ${surface}: ${where}`)
      }
      assert.ok(contrast(tokens.colorBrandStroke1, card) >= 3, `outline: ${where}`)
      // The words of a banner or a chosen row lie on the brand's tint.
      for (const name of ['colorNeutralForeground1', 'colorNeutralForeground2', 'colorNeutralForeground3']) {
        assert.ok(contrast(neutral(name, scheme), tokens.colorBrandBackground2) >= 4.5, `${name} on tint: ${where}`)
      }
    }
  }
})

test('a readable brand colour is kept as it is, and a middling one keeps its hue', () => {
  assert.equal(palette('#0F6CBD', 'light').colorBrandBackground, '#0f6cbd')
  assert.equal(palette('#ffd100', 'light').colorBrandBackground, '#ffd100')
  assert.equal(palette('#ffd100', 'light').colorNeutralForegroundOnBrand, '#000000')
  assert.equal(palette('#ff6600', 'light').colorNeutralForegroundOnBrand, '#000000')
  assert.equal(palette('#e8112d', 'light').colorNeutralForegroundOnBrand, '#ffffff')
  assert.ok(contrast(palette('#000033', 'dark').colorBrandBackground, surfaces.dark.card) >= 3)
})

test('only a colour becomes part of a style sheet', () => {
  for (const bad of [
    '',
    'red',
    '#fff',
    '#12345',
    '#1234567',
    '#12345g',
    '#000000}body{display:none',
    '#000000\n',
    '＃000000',
  ]) {
    assert.throws(() => brandStyle(bad), RangeError, bad)
  }
  assert.match(
    brandStyle('#AbCdEf'),
    /^:root\{(--\w+:#[0-9a-f]{6};?)+\}@media\(prefers-color-scheme:dark\)\{:root\{[^{}<]+\}\}$/,
  )
})

test('the neutral and status tokens of style.css meet WCAG AA on the surfaces they are used on', () => {
  for (const scheme of ['light', 'dark'] as const) {
    const { page, card, sunken } = surfaces[scheme]
    assert.deepEqual(
      [page, card, sunken],
      ['colorNeutralBackground2', 'colorNeutralBackground1', 'colorNeutralBackground3'].map(name =>
        neutral(name, scheme),
      ),
    )
    for (const surface of [page, card, sunken]) {
      for (const level of [1, 2, 3]) {
        assert.ok(contrast(neutral(`colorNeutralForeground${level}`, scheme), surface) >= 4.5, `${level} on ${surface}`)
      }
    }
    assert.ok(contrast(neutral('colorNeutralStrokeAccessible', scheme), card) >= 3)
    for (const tone of ['Success', 'Warning', 'Danger']) {
      const words = neutral(`colorStatus${tone}Foreground1`, scheme)
      for (const surface of [neutral(`colorStatus${tone}Background1`, scheme), card]) {
        assert.ok(contrast(words, surface) >= 4.5, `${tone} on ${surface}, ${scheme}`)
      }
    }
    assert.ok(
      contrast(neutral('colorNeutralForegroundInverted', scheme), neutral('colorNeutralBackgroundInverted', scheme)) >=
        4.5,
    )
    for (const name of ['colorStatusDangerBackground3', 'colorStatusDangerBackground3Hover']) {
      assert.ok(contrast('#ffffff', neutral(name, scheme)) >= 4.5)
    }
  }
})

test('the style sheet is small, speaks in logical directions and reaches for nothing outside', () => {
  assert.ok(gzipSync(styleSheet.text).length <= 8 * 1024)
  assert.doesNotMatch(
    css,
    /(margin|padding|border)-(left|right|top|bottom)|[^-](width|height):|text-align: (left|right)/,
  )
  assert.doesNotMatch(styleSheet.text, /url\(|@import/)
  assert.equal(assets.get(styleSheet.href)?.body.toString(), styleSheet.text)
  assert.match(styleSheet.href, /^\/assets\/style-[\w-]{12}\.css$/)
})

/** A token's value in style.css; the dark scheme falls back on the light one, as a browser does. */
function neutral(name: string, scheme: 'light' | 'dark'): string {
  const values = Array.from(css.matchAll(new RegExp(`--${name}: (#[0-9a-f]{6});`, 'g')), match => match[1] ?? '')
  const value = scheme === 'dark' ? values.at(-1) : values[0]
  assert.ok(value, `${name} stands in style.css`)
  return value
}
