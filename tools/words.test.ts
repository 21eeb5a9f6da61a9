// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the sources that are checked are strings here
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { checkWords } from './words.ts'

const made: string[] = []
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true })
})

interface Tree {
  en: object
  fr: object
  ja: object
  source?: string
  allowed?: object
}

function tree({ en, fr, ja, source = 't(`reset.${key}`)', allowed }: Tree): string {
  const root = mkdtempSync(join(tmpdir(), 'words-'))
  made.push(root)
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  for (const [language, words] of Object.entries({ en, fr, ja })) {
    write(`locales/${language}/reset.json`, JSON.stringify(words))
  }
  write('server/src/reset/pages.tsx', source)
  if (allowed !== undefined) write('tools/words-allowed.json', JSON.stringify(allowed))
  return root
}

const failuresOf = (words: Tree) => checkWords(tree(words)).failures
/** The failures of one text in French or Japanese that stands beside the English "Hello". */
const french = (text: string) => failuresOf({ en: { a: 'Hello' }, fr: { a: text }, ja: { a: '今日は' } })
const japanese = (text: string) => failuresOf({ en: { a: 'Hello' }, fr: { a: 'Bonjour' }, ja: { a: text } })

test('complete words pass, with the plurals and punctuation of each language', () => {
  const found = checkWords(
    tree({
      en: {
        title: 'Who are you, {{ name }}?',
        left_one: 'One attempt left',
        left_other: '{{count}} attempts left',
        pair: '{{first}} · {{second}}',
        refusal: { SSPR_0009: 'Reset is off' },
        mark: 'Latchkey',
      },
      fr: {
        title: 'Qui êtes-vous, {{name}}\u202f?',
        left_one: 'Encore {{count}} essai',
        left_many: 'Encore {{count}} d’essais',
        left_other: 'Encore {{count}} essais',
        pair: '{{first}} · {{second}}',
        refusal: { SSPR_0009: '«\u00a0Non\u00a0»\u202f: à 12:30 (https://a.example/?b=c)\u202f!' },
        mark: 'Latchkey',
      },
      ja: {
        title: '{{name}}さんですか？',
        left_other: 'あと{{count}}回です。',
        pair: '{{first}} · {{second}}',
        refusal: { SSPR_0009: '無効です。Node.js、1,000回、https://a.example/?b' },
        mark: 'Latchkey',
      },
      source: `t('reset.title'); t("reset.left", { count }); t(\`reset.pair\`); t(\`reset.refusal.\${code}\`); t('reset.mark')`,
      allowed: { fr: ['reset.mark'], ja: ['reset.mark'] },
    }),
  )
  assert.deepEqual(found, { failures: [], languages: 3, keys: 6, sources: 1 })
})

test('keys, plurals and variables are the same in every language', () => {
  const failures = failuresOf({
    en: { a: 'Hello {{name}}', b: { c: 'There' }, d_one: 'One day', d_other: '{{count}} days' },
    fr: { a: 'Bonjour {{nom}}', e: 'Trop', d_one: 'Un jour', d_other: '{{count}} jours' },
    ja: { a: '今日は{{name}}', b: { c: 5 }, d_one: '一日', d_other: '日' },
  })
  const expected = [
    'ja reset.b.c: is neither a text nor a group of texts',
    'fr reset.b.c: is missing',
    'fr reset.d_many: is missing',
    'fr reset.e: English has no such key',
    'fr reset.a: {{name}} is missing',
    'fr reset.a: English has no {{nom}}',
    'fr reset.d_one: {{count}} is missing',
    'ja reset.b.c: is missing',
    'ja reset.d_one: the language has no such plural',
    'ja reset.d_one: {{count}} is missing',
    'ja reset.d_other: {{count}} is missing',
  ]
  assert.deepEqual(failures.toSorted(), expected.toSorted())
  const lacking = { en: { d_other: '{{count}} days' }, fr: { d_one: '{{count}}', d_many: '{{count}}' }, ja: {} }
  assert.ok(failuresOf(lacking).includes('en reset.d_one: is missing'))
})

test('nothing is empty, untranslated or allowed without need', () => {
  const words = { en: { a: 'Code', b: 'OK' }, fr: { a: 'Code', b: 'D’accord' }, ja: { a: 'コード', b: ' ' } }
  assert.deepEqual(failuresOf(words), ['fr reset.a: reads as in English', 'ja reset.b: is empty'])
  const needless = { ...words, allowed: { fr: ['reset.a', 'reset.b'], ja: ['reset.gone'] } }
  assert.deepEqual(failuresOf(needless), [
    'fr reset.b: differs from English or is gone; take it out of tools/words-allowed.json',
    'ja reset.gone: differs from English or is gone; take it out of tools/words-allowed.json',
    'ja reset.b: is empty',
  ])
})

test('French and Japanese have their own punctuation', () => {
  assert.deepEqual(french('Quoi?'), ['fr reset.a: needs a no-break space before ?'])
  assert.deepEqual(french('Non ; si : oui\u202f!'), [
    'fr reset.a: needs a no-break space before ;',
    'fr reset.a: needs a no-break space before :',
  ])
  assert.deepEqual(french('«oui»'), [
    'fr reset.a: needs a no-break space after «',
    'fr reset.a: needs a no-break space before »',
  ])
  assert.deepEqual(french("L'adresse"), ["fr reset.a: needs ’ in place of '"])
  assert.deepEqual(japanese('はい?'), ['ja reset.a: needs ？ in place of ?'])
  assert.deepEqual(japanese('はい. でもLatchkey,いいえ!'), [
    'ja reset.a: needs 。 in place of .',
    'ja reset.a: needs 、 in place of ,',
    'ja reset.a: needs ！ in place of !',
  ])
  assert.deepEqual(japanese('Latchkey.'), [])
})

test('a key that no source uses fails', () => {
  const words = { en: { a: 'One', ab: 'Two' }, fr: { a: 'Un', ab: 'Deux' }, ja: { a: '一', ab: '二' } }
  const unused = (source: string) => failuresOf({ ...words, source })
  assert.deepEqual(unused("t('reset.a')"), ['en reset.ab: no source uses it'])
  assert.deepEqual(unused("// 'reset.ab'\nt('reset.a')"), ['en reset.ab: no source uses it'])
  assert.deepEqual(unused('t(`reset.a${letter}`); t("reset.a")'), [])
  assert.equal(unused('t(`${any}.a`)').length, 2)
})

test('each code of a refusal has its words and one status, and no words are left of a code that is gone', () => {
  const root = tree({
    en: { a: 'One' },
    fr: { a: 'Un' },
    ja: { a: '一' },
    source: 't("reset.a"); t(`problems.${code}`)',
  })
  const both = (en: string, fr: string, ja: string) =>
    Object.entries({ en, fr, ja }).forEach(([language, text]) => {
      const words = { throttled: { title: text, detail: `${text} ` }, gone: { title: text }, field: { required: text } }
      writeFileSync(join(root, `locales/${language}/problems.json`), JSON.stringify(words))
    })
  both('Wait', 'Attendez', '待つ')
  const room = (name: string, source: string) => writeFileSync(join(root, `server/src/reset/${name}.ts`), source)
  room('errors', 'export const refuse = refusals({\n  throttled: 429,\n  forbidden: 403,\n})')
  room('others', 'export const refuse = refusals({ throttled: 503 })')
  assert.deepEqual(checkWords(root).failures, [
    'server/src/reset/errors.ts refuses with forbidden: problems.forbidden.title is missing',
    'server/src/reset/errors.ts refuses with forbidden: problems.forbidden.detail is missing',
    'server/src/reset/others.ts refuses with throttled as 503, another room as 429',
    'problems.gone: no room refuses with it',
  ])
})

test('each activity of the log has its words, and no words are left of one that is gone', () => {
  const root = tree({
    en: { a: 'One' },
    fr: { a: 'Un' },
    ja: { a: '一' },
    source: 't("reset.a"); t(`admin.activities.${activity}`)',
  })
  for (const [language, text] of Object.entries({ en: 'Changed', fr: 'Modifié', ja: '変更' })) {
    mkdirSync(join(root, `locales/${language}/admin`))
    const words = { user_changed: text, user_gone: `${text} ` }
    writeFileSync(join(root, `locales/${language}/admin/activities.json`), JSON.stringify(words))
  }
  mkdirSync(join(root, 'server/src/audit'))
  const list =
    "export const activities = {\n  'user.changed': 'Update user',\n  'group.member_added': 'Add member',\n}\n"
  writeFileSync(join(root, 'server/src/audit/activities.ts'), list)
  assert.deepEqual(checkWords(root).failures, [
    'admin.activities.group_member_added: the log has this activity, without words',
    'admin.activities.user_gone: no activity has this name',
  ])
})

test('a tree without words, without sources or with broken JSON fails', () => {
  const root = tree({ en: {}, fr: {}, ja: {} })
  rmSync(join(root, 'server'), { recursive: true })
  rmSync(join(root, 'locales'), { recursive: true })
  assert.deepEqual(checkWords(root).failures, [
    'en: no text was read',
    'fr: no text was read',
    'ja: no text was read',
    'server/src: no file was read, so no key is known to be used',
  ])
  const broken = tree({ en: { a: 'One' }, fr: { a: 'Un' }, ja: { a: '一' } })
  writeFileSync(join(broken, 'locales/fr/more.json'), '{ "a": ')
  assert.match(checkWords(broken).failures.join('\n'), /^locales\/fr\/more\.json: .*JSON/)
})
