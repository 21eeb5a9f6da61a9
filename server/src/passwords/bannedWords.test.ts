import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { containsName, fold, isBanned, termsOf } from './bannedWords.ts'
import { createPasswordChecks } from './checks.ts'

const checks = createPasswordChecks({} as never, undefined)
const listOf = (...words: string[]) => termsOf(words.map(fold))
const refuses = (password: string, ...words: string[]) => isBanned(fold(password), [listOf(...words)])
const refusedByAll = (password: string) => isBanned(fold(password), [checks.globalTerms()])

/** The rule as it is published, with the plain substitutions alone and the whole matrix of an edit distance. */
function plainRule(password: string, words: readonly string[]): boolean {
  const norm = (text: string) =>
    [...text.toLowerCase()].map(sign => ({ '0': 'o', '1': 'l', $: 's', '@': 'a' })[sign] ?? sign)
  const terms = words.map(norm)
  const candidate = norm(password)
  const points = [0]
  for (let end = 1; end <= candidate.length; end++) {
    const ending = terms.filter(term => candidate.slice(0, end).slice(-term.length).join('') === term.join(''))
    points.push(1 + Math.min(points[end - 1]!, ...ending.map(term => points[end - term.length]!)))
  }
  return points.at(-1)! < 5 || terms.some(term => distance(candidate, term) <= 1)
}

function distance(one: readonly string[], other: readonly string[]): number {
  let row = other.map((_, place) => place + 1)
  for (const [i, sign] of one.entries()) {
    let [left, corner] = [i + 1, i]
    row = row.map((up, j) => {
      left = Math.min(left + 1, up + 1, corner + (sign === other[j] ? 0 : 1))
      corner = up
      return left
    })
  }
  return row.at(-1) ?? one.length
}

test('the published examples are judged as published', () => {
  assert.equal(refuses('C0ntos0Blank12', 'contoso', 'blank'), true)
  assert.equal(refuses('ContoS0Bl@nkf9!', 'contoso', 'blank'), false)
  for (const near of ['abcdef', 'abcdeg', 'abcdefg', 'abcde']) assert.equal(refuses(near, 'abcdef'), true, near)
  assert.equal(containsName(fold('p0LL23fb'), [fold('Poll')]), true)
})

test('what is not drawn hides no word and no name', () => {
  for (const unseen of ['\u200b', '\u00ad', '\u2060', '\ufe0f', '\u3164']) {
    const split = `Con${unseen}t0so${unseen}Bl${unseen}ank12`
    assert.equal(refuses(split, 'contoso', 'blank'), true, split)
    assert.equal(containsName(fold(`Re${unseen}gistered 7`), [fold('registered')]), true)
  }
})

test('digits, signs, widths, case and accents in the place of letters hide no word', () => {
  for (const disguised of [
    'Kestrel1!',
    'K3$tr31+1',
    'ＫＥＳＴＲＥＬ１！',
    'Késtrèl99',
    'k3s7r3l#1',
    '1!kestrel',
    '𝐤𝐞𝐬𝐭𝐫𝐞𝐥1',
  ])
    assert.equal(refuses(disguised, 'kestrel'), true, disguised)
  // The list may hold the disguise itself.
  for (const word of ['K3s7rel', 'késtrel', 'ＫＥＳＴＲＥＬ']) assert.equal(refuses('Kestrel12', word), true, word)
  assert.equal(refuses('ﾊﾟｽﾜｰﾄﾞ12', 'パスワード'), true)
  assert.equal(refuses('ハスワート12345', 'パスワード'), false, 'kana with other marks are other kana')
})

test('a 1 stands for i as well as for l, and so do ! and |', () => {
  const table: [string, string][] = [
    ['Sunsh1ne!!', 'sunshine'],
    ['Sunsh|ne99', 'sunshine'],
    ['M1ll1on!!', 'million'],
    ['Mi11ion!!', 'million'],
    ['M!||10n99', 'million'],
    ['P1zza!2026', 'pizza'],
    ['Pizza99', 'p1zza'],
  ]
  for (const [password, word] of table) assert.equal(refuses(password, word, '2026'), true, password)
  for (const password of ['Sunsh1ne!!', 'M1ll1on!!', 'P1zza!2026']) assert.equal(refusedByAll(password), true, password)
  for (const password of ['r3g1st3r3d!', 'Reg!stered-now', 'REG|STERED'])
    assert.equal(containsName(fold(password), [fold('registered')]), true, password)
})

test('equal characters, and such as follow one another, count as one from four on', () => {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz'
  const runs = ['a'.repeat(28), '§'.repeat(24), alphabet, [...alphabet].reverse().join(''), 'КЛМНОПРСТУФХЦЧШЩ']
  runs.push('0123456789', '9876543210', 'あぃいぅうぇえぉお', '𝟬𝟭𝟮𝟯𝟰𝟱𝟲𝟳𝟴𝟵', '!|1lIi|!lI1', '(((((((((')
  // The global list holds the commonest of these; the test needs no list.
  for (const run of runs) {
    assert.equal(refuses(run), true, run)
    assert.equal(refuses(`§${run}¤¶`), true, `three characters more than ${run}`)
    assert.equal(refuses(`§ж${run}¤¶`), false, `four more than ${run}`)
  }
  assert.equal(refuses('§ж¤aaa'), false, 'three are no run')
  assert.equal(refuses('abcazx'), false, 'nor are three in order')
  assert.equal(refuses('acegikmo'), false, 'nor what skips every other one')
  // A run may begin with the last character of a word: whichever cut makes fewer pieces counts.
  assert.equal(refuses('kestrelllll#9', 'kestrel'), true)
  assert.equal(refuses('abcdddddd#9'), true)
})

test('what is said again and again is judged by what is said', () => {
  const repeated = ['abc'.repeat(8), 'A1!A1!A1!A1!', 'Aa1Aa1Aa1', 'Aa1Aa1Aa1Aa', 'x#9?x#9?', 'Qq 7'.repeat(6)]
  repeated.push('wxyz§'.repeat(6), 'i#9|1#9!l#9')
  for (const password of repeated) assert.equal(refuses(password), true, password)
  assert.equal(refuses('kestrel'.repeat(6), 'kestrel'), true)
  assert.equal(refuses('K3strel-9'.repeat(3), 'kestrel'), true)
  assert.equal(refuses('ghijk'.repeat(5)), true, 'what is said may be a run')
  assert.equal(refuses('abcadabca'.repeat(5), 'abcadabca'), true, 'and begin again within itself')
  assert.equal(refusedByAll('password'.repeat(5)), true)
  assert.equal(refuses('v8#Lwv8#Lw'), false, 'five characters are enough')
  assert.equal(refuses('x#9?mx'), false, 'a last character like the first repeats nothing')
  assert.equal(refuses('x#9?x#9'), false, 'nor does what is not said twice')
})

test('blanks alone are no password', () => {
  for (const blanks of [' '.repeat(24), ' \u1680\u2028 \t \u3164\u200b \u3000\u2800\u1680\u1680\u2029 \u00ad'])
    assert.equal(refuses(blanks), true, JSON.stringify(blanks))
  assert.equal(refuses(' v 8 # L w '), false)
})

test('everybody’s first choices are refused, and what takes some guessing is not', () => {
  const refused = [
    'Password1!',
    'Welcome2026!',
    'Bienvenue2026',
    'Sakura2026!!',
    'Qwerty123456',
    'P@$$w0rd2026',
    'Azerty123!',
  ]
  refused.push(
    'Summer2026!',
    'Printemps2026',
    'MotDePasse1!',
    'パスワード123A',
    'Latchkey2026',
    'correcthorsebatterystaple',
  )
  for (const password of refused) assert.equal(refusedByAll(password), true, password)
  const good = ['Correct horse battery 1', 'New-passphrase-2027!', 'Demo-passphrase-2026!', 'Tr0ub4dor&3x-Kestrel']
  good.push(
    'Kiwi-Lampe-92',
    'Lune7-Vent4',
    'v8#Lw2zQ',
    'Kx9!mQ2p',
    'purple-Monkey-77-dish',
    'Quite-another-kestrel-1',
    'Kestrel over marsh 41',
    'Kettle & marsh bird 1',
    'Chosen-passphrase-2026',
    'My-old-password-1',
    'Good enough 1',
    'Yet another 2',
    'さくらと海とパンA1',
    'Un mot 2 passe nouveau',
  )
  for (const password of good) assert.equal(refusedByAll(password), false, password)
})

/** The same numbers every time: what fails once fails again. */
function drawer(seed: number) {
  let state = seed
  const upTo = (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  return { upTo, from: <T>(all: readonly T[]): T => all[upTo(all.length)]! }
}

const twins: Record<string, string[]> = {
  a: ['@', '4'],
  e: ['3', 'é'],
  i: ['!'],
  l: ['1'],
  o: ['0'],
  s: ['$', '5'],
  t: ['7', '+'],
}

test('a hundred variants of a tenant’s words and of names are all refused', context => {
  const words = ['acmerocket', 'northwind', 'zanzibar']
  const names = ['Oyelaran', 'quenneville', 'tsukishima']
  const draw = drawer(20_260_302)
  const disguise = (word: string) =>
    [...word]
      .map(sign => {
        const how = draw.upTo(4)
        if (how === 0) return sign.toUpperCase()
        return how === 1 ? draw.from(twins[sign.toLowerCase()] ?? [sign]) : sign
      })
      .join('')
  const edit = (word: string) => {
    const place = draw.upTo(word.length)
    return word.slice(0, place) + draw.from(['', 'q', 'ü', '漢']) + word.slice(place + draw.upTo(2))
  }
  const more = (word: string) => word + String(draw.upTo(1_000)) // up to three characters
  const ways: [string, (word: string) => string][] = [
    ['disguised', disguise],
    ['one edit away', word => edit(disguise(word))],
    ['with digits after it', word => more(disguise(word))],
    ['with a sign before it', word => `${draw.from(['#', '!', '-'])}${disguise(word)}`],
    ['twice', word => disguise(word) + disguise(word)],
  ]
  const counted: Record<string, number> = {}
  for (let n = 0; n < 60; n++) {
    const [what, change] = ways[n % ways.length]!
    const variant = change(draw.from(words))
    assert.equal(refuses(variant, ...words), true, `${what}: ${variant}`)
    counted[what] = (counted[what] ?? 0) + 1
  }
  for (let n = 0; n < 40; n++) {
    const variant = `Long enough ${more(disguise(draw.from(names)))} to pass`
    assert.equal(containsName(fold(variant), names.map(fold)), true, variant)
    assert.equal(refuses(variant, ...words), false, 'and only the name stands against it')
    counted['with a name in it'] = (counted['with a name in it'] ?? 0) + 1
  }
  context.diagnostic(
    `refused: ${Object.entries(counted)
      .map(([what, times]) => `${times} ${what}`)
      .join(', ')}`,
  )
})

test('ours refuses whatever the plain rule refuses', () => {
  const alphabet = [...'abcdoslit013457$@!|+XY']
  const word = fc.array(fc.constantFrom(...alphabet), { minLength: 4, maxLength: 6 }).map(signs => signs.join(''))
  let refusedPlainly = 0
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(3), { maxLength: 4 }),
      fc.string({ maxLength: 4 }),
      (words, places, rest) => {
        const password = places.map(place => words[place % words.length]).join('') + rest
        if (!plainRule(password, words)) return
        refusedPlainly++
        assert.equal(refuses(password, ...words), true, `${password} of ${words.join(' ')}`)
      },
    ),
    { seed: 7, numRuns: 2_000 },
  )
  assert.ok(refusedPlainly > 500, `only ${refusedPlainly} were refused by the plain rule`)
})

test('five characters that belong to no word are enough, wherever they stand', () => {
  // No sign comes twice and none follows another one, so there is neither a run nor a unit among them.
  const noise = fc.uniqueArray(fc.constantFrom(...'§¤¶ж漢λßø¿'), { minLength: 5, maxLength: 9 })
  fc.assert(
    fc.property(fc.constantFrom('acmerocket', 'Password1', 'Sakura2026'), noise, fc.nat(9), (word, signs, place) => {
      const password = signs.slice(0, place).join('') + word + signs.slice(place).join('')
      assert.equal(isBanned(fold(password), [checks.globalTerms(), listOf('acmerocket')]), false, password)
    }),
    { seed: 7, numRuns: 500 },
  )
  assert.equal(refuses('acmerocket§¤¶', 'acmerocket'), true, 'three are not')
})

test('lesson 47: judging grows with the length of a password and not with its square', context => {
  const custom = listOf(...Array.from({ length: 1_000 }, (_, n) => `word${n}`))
  const lists = [checks.globalTerms(), custom]
  const judge = (password: string) => {
    for (let n = 0; n < 60; n++) isBanned(fold(password), lists)
  }
  const timed = (password: string) => {
    const from = performance.now()
    judge(password)
    return performance.now() - from
  }
  // By turns, so that other load slows neither down alone.
  const compare = (long: string, short: string) => {
    judge(long)
    const rounds = Array.from({ length: 12 }, () => [timed(long), timed(short)] as const)
    return Math.min(...rounds.map(([ofLong]) => ofLong)) / Math.min(...rounds.map(([, ofShort]) => ofShort))
  }
  // From 18 characters on no term is near any more, so both do the same kind of work.
  const table: [string, string, string][] = [
    ['words', 'aB3$pqrsPassword'.repeat(16), 'aB3$pqrsPassword'.repeat(2)],
    // The worst inputs for a search for runs or units.
    ['one run', 'a'.repeat(256), 'a'.repeat(32)],
    ['a run that is broken at its end', `${'a'.repeat(255)}#`, `${'a'.repeat(31)}#`],
  ]
  for (const [what, long, short] of table) {
    const ratio = compare(long, short)
    context.diagnostic(`256 characters of ${what} take ${ratio.toFixed(1)} times as long as 32`)
    assert.ok(ratio < 24, `${what}, ${ratio}: eight times as many characters`)
  }
})
