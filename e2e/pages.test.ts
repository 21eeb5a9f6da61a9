import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Page } from 'playwright-core'
import { bringAxe, judgeByAxe } from '../server/src/testing/axe.ts'
import { firstLoad } from '../server/src/testing/firstLoad.ts'
import { testServer } from '../server/src/testing/server.ts'
import { type Language, languages } from '../server/src/words/index.ts'
import { accountScenes } from './accountScenes.ts'
import { applicationScenes } from './applicationScenes.ts'
import { assistantScenes } from './assistantScenes.ts'
import { brandingScenes } from './brandingScenes.ts'
import { openBrowser, openWindow } from './browser.ts'
import { callerScenes } from './callerScenes.ts'
import { caseScenes } from './caseScenes.ts'
import { deviceScenes } from './deviceScenes.ts'
import { domainScenes } from './domainScenes.ts'
import { linkScenes } from './linkScenes.ts'
import { onboardingScenes } from './onboardingScenes.ts'
import { partnerScenes } from './partnerScenes.ts'
import { rescueScenes } from './rescueScenes.ts'
import { resetScenes } from './resetScenes.ts'
import { signupScenes } from './signupScenes.ts'
import { openScene, openStage, type Scene } from './stage.ts'
import { takeoverScenes } from './takeoverScenes.ts'
import { tenantScenes } from './tenantScenes.ts'
import { workAccountScenes } from './workAccountScenes.ts'

const server = await testServer({ signup: 'open' })
const browser = await openBrowser()
const stage = openStage(server)
const scenes = [
  ...(await resetScenes(stage)),
  ...(await accountScenes(stage)),
  ...(await applicationScenes(stage)),
  ...(await deviceScenes(stage)),
  ...(await brandingScenes(stage)),
  ...(await callerScenes(stage)),
  ...(await linkScenes(stage)),
  ...(await workAccountScenes(stage)),
  ...(await assistantScenes(stage)),
  ...(await caseScenes(stage)),
  ...(await onboardingScenes(stage)),
  ...(await takeoverScenes(stage)),
  ...(await signupScenes(stage)),
  ...(await domainScenes(stage)),
  ...(await tenantScenes(stage)),
  ...(await partnerScenes(stage)),
  ...(await rescueScenes(stage)),
]
/** A screen of 1280 × 1024 at a zoom of 400 %, as narrow as a small phone. */
const SMALL = { width: 320, height: 256 }
const PHONE = { width: 320, height: 640 }
const WIDE = { width: 1280, height: 1024 }
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

const isLong = process.env.PROOF === 'long'

/** Everything in English; the other two share a quarter of it, and the long proof opens it in all three. */
const scenesIn = (language: Language) =>
  language === 'en' || isLong ? scenes : scenes.filter((_scene, place) => place % 8 === (language === 'fr' ? 0 : 2))

/** One state of each page, which is judged in the light and in the dark. */
const firstOfPages = new Set(
  scenes.filter(({ route }, place) => isLong || scenes.findIndex(other => other.route === route) === place),
)

/** The states that are judged in each size: one of each page and every twelfth; the long proof judges all. */
const judged = new Set(scenes.filter((scene, place) => place % 12 === 0 || firstOfPages.has(scene)))

/** The sentences of each page, by language and scene. */
const said = new Map<Language, Map<string, string[]>>(languages.map(language => [language, new Map()]))

test('the scenes show every page of the route table', () => {
  const pages = new Set(server.routes.filter(route => route.hasPage).map(route => route.url))
  const shown = new Set(scenes.flatMap(scene => scene.route ?? []))
  console.log(`pages: ${pages.size} in the route table, ${shown.size} checked, in ${scenes.length} states`)
  assert.ok(pages.size > 0)
  assert.deepEqual([...shown].sort(), [...pages].sort())
  assert.equal(new Set(scenes.map(scene => scene.name)).size, scenes.length)
})

/** Those that are open last five minutes from now on: on a busy machine their pages come later than that. */
const renewChallenges = () =>
  server.store.pool.query(
    "update latchkey.challenges set expires_at = $1::timestamptz + interval '5 minutes' where expires_at > $1",
    [server.clock.now()],
  )

suite('pages', { concurrency: true }, () => {
  for (const language of languages)
    test(`every page holds up in ${language}`, { timeout: 600_000 }, async () => {
      const context = await openWindow(browser, server, { language, script: true, ...SMALL })
      if (language === 'en') await bringAxe(context)
      const findings: string[] = []
      const complaints: string[] = []
      const tab = await context.newPage()
      tab.on('console', message => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
      })
      tab.on('pageerror', error => complaints.push(error.message))
      for (const [place, scene] of scenesIn(language).entries()) {
        await renewChallenges()
        await openScene(tab, server, scene)
        const found = [
          ...(language === 'en' ? await readEnglish(tab, scene, place) : await readBasics(tab, scene, language)),
          ...complaints.splice(0).filter(text => !/status of 4\d\d/.test(text)),
        ]
        findings.push(...found.map(one => `${scene.name}: ${one}`))
        said.get(language)!.set(scene.name, await tab.evaluate(readSentences))
      }
      assert.deepEqual(findings, [])
      assert.equal(said.get(language)!.size, scenesIn(language).length)
    })
})

test('every page is loaded for the first time in less than 40 KB', async () => {
  const known = new Map<string, number>()
  const weighed = new Map<string, number>()
  const routes = new Set<string | undefined>()
  // One state of each page; the long proof weighs them all. The outbox holds every message of these tests.
  for (const { name, route, path, browser } of scenes) {
    if (route === '/demo/outbox' || (!isLong && routes.has(route))) continue
    routes.add(route)
    weighed.set(name, await firstLoad(server.url, path, { cookies: browser.cookies, known }))
  }
  const [heaviest, ...others] = [...weighed].sort(([, one], [, other]) => other - one)
  console.log(`first loads of ${weighed.size} pages: at most ${heaviest}, at least ${others.at(-1)} bytes`)
  assert.ok(routes.size > 50)
  assert.deepEqual(
    [...weighed].filter(([, bytes]) => bytes >= 40_000 || bytes < 5_000),
    [],
  )
})

test('the reference of the interface for programs holds up on a small screen', async () => {
  const context = await openWindow(browser, server, { language: 'en', script: true, ...SMALL })
  await bringAxe(context)
  const tab = await context.newPage()
  for (const path of ['/reference', '/reference/users', '/reference/policies']) {
    await tab.goto(server.url + path)
    assert.deepEqual((await judgeByAxe(tab, rules)).violations, [], path)
    assert.equal(await tab.evaluate(() => document.documentElement.scrollWidth), SMALL.width, path)
  }
})

test('nothing in French or Japanese is left in English', () => {
  // A tenant's own question, and mails that were sent in English, stay as they are.
  const own = ['What would you call an Acme rocket of your own?']
  for (const language of ['fr', 'ja'] as const) {
    let compared = 0
    const left: string[] = []
    for (const [name, sentences] of said.get(language)!) {
      if (name.startsWith('help/administrators')) continue // they say that they are in English only
      const english = new Set(said.get('en')!.get(name))
      for (const sentence of sentences) {
        compared++
        const words = sentence.split(/\s+/).filter(word => /\p{L}{2}/u.test(word))
        if (words.length >= 4 && english.has(sentence) && !own.includes(sentence)) left.push(`${name}: ${sentence}`)
      }
    }
    console.log(`${language}: ${compared} sentences compared with the English pages`)
    assert.ok(compared > 10 * scenesIn(language).length)
    assert.deepEqual(left, [])
  }
})

const supportCode = /^[0-9A-HJKMNP-TV-Z]{10}$/

/** The marks of every page in every language: its language, one heading that begins the title, and nothing wider than the screen. A journey's page has a support code. */
async function readBasics(tab: Page, scene: Scene, language: Language): Promise<string[]> {
  const page = await tab.evaluate(() => ({
    lang: document.documentElement.lang,
    headings: Array.from(document.querySelectorAll('h1'), one => one.textContent),
    title: document.title,
    refused: document.querySelector('.error-summary') !== null,
    code: document.querySelector('.support-code code')?.textContent ?? '',
    width: document.documentElement.scrollWidth,
  }))
  const [heading = ''] = page.headings
  const { t } = server.services.words.in(language)
  const title = page.refused ? t('frame.error', { title: heading }) : heading
  return [
    page.lang !== language && `its language is "${page.lang}"`,
    page.headings.length !== 1 && `it has ${page.headings.length} first headings`,
    (heading.trim() === '' || !page.title.startsWith(`${title} –`)) && `its title is "${page.title}"`,
    scene.journey && !supportCode.test(page.code) && `its support code is "${page.code}"`,
    scene.journey && /\d{6}/.test(page.code) && `its support code looks like a code: "${page.code}"`,
    page.width > SMALL.width && `it is ${page.width} pixels wide on a screen of ${SMALL.width}`,
  ].filter(one => one !== undefined && one !== false)
}

/**
 * The basics, and what does not depend on words: names and types of fields, targets for a thumb, and axe in light and
 * dark. Every second page is looked at in the opposite order, as the page before has left the window.
 */
async function readSmall(tab: Page, scene: Scene): Promise<string[]> {
  if (tab.viewportSize()?.height !== SMALL.height) await tab.setViewportSize(SMALL)
  return [
    ...(await readBasics(tab, scene, 'en')),
    ...(await tab.evaluate(readFields)),
    ...(await tab.evaluate(readTargets)),
  ]
}

async function readEnglish(tab: Page, scene: Scene, place: number): Promise<string[]> {
  if (!judged.has(scene)) return readSmall(tab, scene)
  const looks = [
    { size: SMALL, read: () => readSmall(tab, scene) },
    {
      size: PHONE,
      read: async () => {
        const width = await tab.evaluate(() => document.documentElement.scrollWidth)
        return width > PHONE.width ? [`it is ${width} pixels wide on a phone`] : []
      },
    },
    {
      size: WIDE,
      read: async () => {
        const found: string[] = []
        const schemes = firstOfPages.has(scene) ? (['light', 'dark'] as const) : (['light'] as const)
        for (const scheme of inTurn(place, schemes)) found.push(...(await judge(tab, scheme)))
        return found
      },
    },
  ]
  const found: string[] = []
  for (const { size, read } of inTurn(place, looks)) {
    if (tab.viewportSize()?.height !== size.height) await tab.setViewportSize(size)
    found.push(...(await read()))
  }
  return found
}

const inTurn = <T>(place: number, all: readonly T[]): readonly T[] => (place % 2 === 0 ? all : all.toReversed())

/** What axe finds in this scheme: everything in the light, and what differs in the dark. */
async function judge(tab: Page, colorScheme: 'light' | 'dark'): Promise<string[]> {
  await tab.emulateMedia({ colorScheme })
  if (colorScheme === 'dark')
    return (await judgeByAxe(tab, ['color-contrast'])).violations.map(found => `${found} in the dark`)
  const { violations, passes } = await judgeByAxe(tab, rules)
  const judged = passes.includes('color-contrast') && passes.length > 20
  return [...violations, ...(judged ? [] : ['axe judged too little'])]
}

/** Runs in the page: targets smaller than 44 pixels, without links within text. */
function readTargets(): string[] {
  const pressed = 'button, select, summary, .button, .choice, .languages a, input:not([type=hidden]):not([hidden])'
  return Array.from(document.querySelectorAll(pressed))
    .filter(element => element.closest('[hidden]') === null)
    .map(element => element.closest('label') ?? element)
    .filter(element => {
      const { width, height } = element.getBoundingClientRect()
      return width < 44 || height < 44
    })
    .map(element => `a small target: ${element.outerHTML.slice(0, 200)}`)
}

/** Runs in the page: fields whose label or `autocomplete` is not what it has to be. */
function readFields(): string[] {
  const expected: Record<string, string> = {
    username: 'username',
    login_hint: 'username',
    password: 'current-password',
    currentPassword: 'current-password',
    newPassword: 'new-password',
    password2: 'new-password',
    code: 'one-time-code',
    number: 'tel-national',
    country: 'country',
    address: 'email',
    displayName: 'organization',
    givenName: 'given-name',
    surname: 'family-name',
    userName: 'username',
  }
  // What is none of the reader's own: the number of a case, somebody else's address.
  const others: Record<string, string> = { '/cases/links': 'number', '/administrators/invitations': 'address' }
  // The answer that asks for the reader's own name.
  if (document.querySelector('input[name=question][value=username]')) expected.answer = 'username'
  if (document.querySelector('form[data-autofill]'))
    for (const name of ['username', 'password']) expected[name] += ' webauthn'
  return Array.from(document.querySelectorAll<HTMLInputElement>('input:not([type=hidden]):not([hidden]), select'))
    .filter(field => field.type !== 'radio')
    .flatMap(field => {
      const label = field.labels?.[0]?.textContent?.trim()
      const isOthers = others[new URL(field.form?.action ?? '', location.href).pathname] === field.name
      const wanted = isOthers ? 'off' : (expected[field.name] ?? 'off')
      return [
        ...(label ? [] : [`a field without label: ${field.name}`]),
        ...(field.autocomplete === wanted ? [] : [`autocomplete of ${field.name} is "${field.autocomplete}"`]),
      ]
    })
}

/** Runs in the page: every sentence that is seen or read out, without names, addresses, codes and other languages. */
function readSentences(): string[] {
  const home = document.documentElement.lang
  // With script a browser takes what stands in noscript for a text.
  const left = `script, noscript, style, code, bdi, option, .brand, .product, [translate=no], .timeline .row-hint, :not(html)[lang]:not([lang=${home}])`
  const texts: string[] = [document.title]
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, node =>
    node instanceof Element && node.matches(left) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  )
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node instanceof Element)
      for (const name of ['aria-label', 'alt', 'title', 'placeholder']) texts.push(node.getAttribute(name) ?? '')
    else texts.push(node.textContent ?? '')
  }
  return texts
    .flatMap(text => text.split(/(?<=[.!?。！？])\s*/))
    .map(text => text.trim())
    .filter(Boolean)
}
