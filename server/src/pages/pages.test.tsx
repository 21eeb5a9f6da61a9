import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { chromiumPath } from '../../../tools/browser.ts'
import { bringAxe, judgeByAxe } from '../testing/axe.ts'
import { type Language, loadWords } from '../words/index.ts'
import { styleSheet } from './assets.ts'
import { Badge, DataTable } from './blocks.tsx'
import { ErrorSummary } from './form.tsx'
import {
  Actions,
  assets,
  Button,
  brandStyle,
  CodeField,
  Day,
  DefinitionList,
  Details,
  Form,
  Identity,
  Lead,
  Masked,
  MethodList,
  MethodRow,
  NewPassword,
  type PageProps,
  Panel,
  PasswordField,
  PhoneField,
  QrCode,
  RadioCards,
  renderPage,
  Sentence,
  TextField,
  Timeline,
} from './index.ts'

const words = loadWords()
const address = 'a.very.long.name.without.any.break@subsidiary.contoso.example'

function page(language: Language, more: Partial<PageProps> & Pick<PageProps, 'title' | 'children'>): string {
  return renderPage({
    locale: words.in(language),
    brand: { tenantId: 'contoso', name: 'Contoso' },
    supportCode: 'ABCDEFGHJK',
    languages: (['en', 'fr', 'ja'] as const).map(code => ({ code, href: `?lang=${code}` })),
    ...more,
  })
}

const samples: Record<string, () => string> = {
  '/code': () =>
    page('en', {
      title: 'Enter the code',
      steps: { current: 2, labels: ['Your account', 'Prove it is you', 'New password'] },
      children: (
        <>
          <ErrorSummary title="Please check this" errors={[{ field: 'code', text: 'That code is not right.' }]} />
          <Lead>It works for 5 minutes.</Lead>
          <Form action="/proofs" hidden={{ challenge: 'c1' }}>
            <CodeField name="code" label="Code" hint="Six digits" error="That code is not right." autoFocus />
            <Actions>
              <Button>Verify</Button>
              <Button kind="secondary" formAction="/challenges">
                Send a new code
              </Button>
              <Button kind="link" href="/help">
                Contact your administrator
              </Button>
            </Actions>
          </Form>
          <Details summary="Why am I seeing this?">
            <p>Somebody asked for a reset.</p>
          </Details>
        </>
      ),
    }),
  '/method': () =>
    page('fr', {
      title: 'Comment vérifier votre identité ?',
      steps: { text: 'Étape de vérification 1 sur 2' },
      demo: true,
      notice: { tone: 'info', title: 'À savoir', children: 'Le code est valable 5 minutes.' },
      children: (
        <>
          <Identity name={address} />
          <Form action="/challenges">
            <RadioCards
              name="method"
              legend="Méthode"
              value="email"
              error="Choisissez une méthode"
              options={[
                { value: 'email', icon: 'mail', label: 'Envoyer un code par e-mail', hint: 'a••••@g•••.com' },
                { value: 'sms', icon: 'phone', label: 'Envoyer un SMS', hint: '•• 42' },
              ]}
            />
            <PhoneField
              name="number"
              label="Numéro"
              countryName="country"
              countryLabel="Pays"
              country="JP"
              countries={[
                { code: 'FR', name: 'France', callingCode: '33' },
                { code: 'JP', name: 'Japon', callingCode: '81' },
              ]}
            />
            <PasswordField name="password" label="Mot de passe" autoComplete="new-password" />
            <Actions>
              <Button>Suivant</Button>
              <Button kind="danger">Supprimer</Button>
            </Actions>
          </Form>
        </>
      ),
    }),
  '/account': () =>
    page('ja', {
      title: 'マイ アカウント',
      width: 'wide',
      outcome: 'success',
      signedIn: { name: address },
      children: (
        <>
          <Panel title="プロフィール">
            <DefinitionList items={[{ term: '職場アカウント', description: address }]} />
            <MethodList>
              <MethodRow
                icon="mail"
                label="認証用メール"
                hint="a••••@g•••.com"
                badge={{ tone: 'warning', text: '要確認' }}
                action={
                  <Button kind="link" href="/confirm" label="認証用メールを確認">
                    確認
                  </Button>
                }
              />
            </MethodList>
            <QrCode size={2} modules={[1, 0, 0, 1]} label="QR コード" />
          </Panel>
          <Panel title="最近のアクティビティ">
            <Timeline
              items={[{ at: { iso: '2025-01-02T10:00:00Z', text: '2025/01/02' }, title: 'サインイン', tone: 'danger' }]}
            />
            <DataTable
              caption="アカウント"
              columns={['アカウント', '状態']}
              rows={[{ key: 'a', cells: [address, <Badge key="s" tone="success" text="有効" />] }]}
            />
          </Panel>
        </>
      ),
    }),
  '/times': () =>
    page('en', {
      title: 'Recent activity',
      scripts: ['times'],
      children: (
        <>
          <p>
            <Sentence say={date => words.in('en').t('account.passwordLead', { date })}>
              <Day locale={words.in('en')} at={new Date('2025-01-02T03:00:00Z')} />
            </Sentence>
          </p>
          <Timeline
            items={[new Date(), new Date('2025-01-02T03:00:00Z')].map(at => ({
              at: { iso: at.toISOString(), text: words.in('en').dateTime(at) },
              title: 'Signed in',
            }))}
          />
        </>
      ),
    }),
}

const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'"
const server = createServer((request, response) => {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname
  const file = assets.get(path)
  if (file) return response.setHeader('content-type', file.type).end(file.body)
  // A pale brand colour is the hardest: neither words nor outlines can simply take it.
  if (path.startsWith('/branding/')) return response.setHeader('content-type', 'text/css').end(brandStyle('#ffe14d'))
  const sample = samples[path]
  if (!sample) return response.writeHead(404).end()
  response.setHeader('content-type', 'text/html; charset=utf-8')
  return response.setHeader('content-security-policy', contentSecurityPolicy).end(sample())
})
let browser: Browser
let origin: string

before(async () => {
  browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

after(async () => {
  await browser?.close()
  server.close()
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`pages are accessible and reflow at 320 pixels, under a strict policy (${colorScheme})`, async () => {
    const context = await browser.newContext({ colorScheme, viewport: { width: 320, height: 640 } })
    await bringAxe(context)
    const tab = await context.newPage()
    const complaints: string[] = []
    tab.on('console', message => complaints.push(message.text()))
    for (const path of Object.keys(samples)) {
      await tab.goto(origin + path)
      const { violations, passes } = await judgeByAxe(tab)
      assert.deepEqual(violations, [], path)
      assert.ok(passes.includes('color-contrast'), 'axe could judge the contrast')
      assert.ok((await widthOf(tab)) <= 320, `${path} scrolls sideways`)
      assert.deepEqual(await smallTargets(tab), [], `${path} has targets under 44 pixels`)
    }
    assert.deepEqual(complaints, [])
    await context.close()
  })
}

test('the keyboard lands on the error summary, goes on to the field, and every error is tied to its field', async () => {
  const tab = await browser.newPage()
  await tab.goto(`${origin}/code`)
  // A browser gives the focus when it draws next.
  const focused = (what: string) => tab.locator(`${what}:focus`).waitFor()
  await focused('.error-summary:has([role=alert])')
  await tab.keyboard.press('Tab')
  await tab.keyboard.press('Enter')
  await focused('[name=code]')
  const described = await tab.evaluate(() => {
    const ids = document.querySelector('[name=code]')?.getAttribute('aria-describedby')?.split(' ') ?? []
    return ids.map(id => document.getElementById(id)?.textContent)
  })
  assert.deepEqual(described, ['That code is not right.', 'Six digits'])
  assert.equal(await tab.getAttribute('[name=code]', 'autocomplete'), 'one-time-code')
  assert.equal(await tab.getAttribute('[name=code]', 'inputmode'), 'numeric')
  assert.equal(await tab.evaluate(() => getComputedStyle(document.activeElement!).outlineWidth), '2px')
  await tab.close()
})

test('a phone shows no box on the tint, whatever its width; a larger screen shows a card', async () => {
  const tab = await browser.newPage()
  await tab.goto(`${origin}/code`)
  const shown = async (width: number) => {
    await tab.setViewportSize({ width, height: 640 })
    return tab.evaluate(() => getComputedStyle(document.querySelector('.card')!).backgroundColor !== 'rgba(0, 0, 0, 0)')
  }
  for (const width of [320, 432, 433, 500, 575]) assert.equal(await shown(width), false, `${width}`)
  assert.equal(await shown(576), true)
  await tab.close()
})

test('a number or address of which little is shown is read out in words, never dot by dot', () => {
  const say = (hint: string) => words.in('en').t('reset.code.sms', { hint })
  const drawn = (hint: string) =>
    page('en', { title: 'Enter the code', children: <Masked locale={words.in('en')} {...{ hint, say }} /> })
  const heard = (hint: string) =>
    drawn(hint)
      .replace(/<bdi[^>]* aria-hidden="true">[^<]*<\/bdi>/g, '')
      .match(/<h1>.*?<\/h1>(.*?)<\/div>/)?.[1]
      ?.replace(/<[^>]+>/g, '')
  assert.equal(heard('••••••••10'), 'We texted a code to the number that ends in 10.')
  assert.equal(
    heard('甲•••••@黒•••••'),
    'We texted a code to the address that begins with 甲, at a domain that begins with 黒.',
  )
  assert.equal(
    heard('person@mail.example'),
    'We texted a code to person@mail.example.',
    'what is shown whole is read so',
  )
  assert.ok(drawn('••••••••10').includes('••••••••10'))
})

test('moments stand in UTC, and where script runs in the reader’s own time zone, by today and yesterday', async () => {
  const timesFor = async (options: BrowserContextOptions) => {
    const context = await browser.newContext({ locale: 'en-US', timezoneId: 'America/New_York', ...options })
    const tab = await context.newPage()
    await tab.goto(`${origin}/times`)
    const texts = await tab.locator('main :is(p, time)').allTextContents()
    await context.close()
    return texts.map(text => text.replaceAll('\u202f', ' '))
  }
  const [sentence, day, now, then] = await timesFor({})
  assert.deepEqual([sentence, day], ['Last changed on January 1, 2025.', 'January 1, 2025'])
  assert.match(now!, /^(today|yesterday) \d?\d:\d\d [AP]M$/)
  assert.equal(then, 'January 1, 2025 at 10:00 PM')
  const [plain, , , utc] = await timesFor({ javaScriptEnabled: false })
  assert.deepEqual([plain, utc], ['Last changed on 2 January 2025.', '2 January 2025 at 03:00 UTC'])
})

test('lesson 55: what a page says reaches the document escaped, in the language of its reader', () => {
  const html = page('fr', {
    title: '<script>alert(1)</script>',
    brand: { tenantId: '"><img>', name: 'A & B', logo: '0' },
    children: <TextField name="user" label="Compte" value={'"><script>'} autoComplete="username" error="Vérifiez" />,
  })
  assert.match(html, /^<!DOCTYPE html><html lang="fr" dir="ltr">/)
  assert.ok(html.includes('<title>&lt;script&gt;alert(1)&lt;/script&gt; – A &amp; B · Latchkey</title>'))
  assert.ok(html.includes('href="/branding/%22%3E%3Cimg%3E/style.css"'))
  assert.ok(html.includes(words.in('fr').t('frame.supportCode')))
  assert.ok(html.includes('lang="fr" aria-current="true">Français</a>'))
  assert.doesNotMatch(html, /<script|<img>|style="|http-equiv/i)
  const plain = page('en', { title: 'Wait', brand: { name: 'Latchkey' }, refreshAfterSeconds: 5, children: null })
  assert.ok(plain.includes('<title>Wait – Latchkey</title>'))
  assert.ok(plain.includes('<meta http-equiv="refresh" content="5"/>'))
  assert.ok(!plain.includes('/branding/'))
})

test('the rules of a new password stand there without script, and nothing typed comes back', () => {
  const fields = (username: string) =>
    page('fr', {
      title: 'Choisissez',
      scripts: ['newPassword'],
      children: (
        <NewPassword
          locale={words.in('fr')}
          username={username}
          label="Nouveau"
          again="Encore"
          errors={[{ field: 'newPassword', text: 'Trop court.' }]}
        />
      ),
    })
  const html = fields('registered@acme.example')
  const rules = [...html.matchAll(/data-rule="(\w+)"/g)].map(([, rule]) => rule)
  assert.deepEqual(rules, ['length', 'mixture', 'name'])
  assert.ok(html.includes('Sans «\u00a0registered\u00a0»'))
  assert.match(html, /id="field-newPassword"[^>]*aria-describedby="field-newPassword-error field-newPassword-rules"/)
  assert.match(html, /<script type="module" src="\/assets\/newPassword-[\w-]+\.js"><\/script>/)
  assert.doesNotMatch(html, /<input[^>]* value=|style="|onclick/)
  // What only script can use waits unseen; a name of three letters is in too many words to be refused.
  assert.match(styleSheet.text, /\n\.strength \{[^}]*visibility: hidden;/)
  assert.match(html, /<button type="button" class="show-password"[^>]* hidden="">/)
  assert.ok(!fields('eva@acme.example').includes('data-rule="name"'))
  const script = [...assets].find(([path]) => path.startsWith('/assets/newPassword-'))
  assert.ok(gzipSync(script?.[1].body ?? '').length < 3 * 1024)
})

function widthOf(tab: Page): Promise<number> {
  return tab.evaluate(() => document.documentElement.scrollWidth)
}

/** Everything to press that is neither 44 pixels high nor a link within a sentence, nor in a row that is. */
function smallTargets(tab: Page): Promise<string[]> {
  return tab.evaluate(() =>
    Array.from(document.querySelectorAll('button, select, summary, .button, .links a, input:not([type=hidden])'))
      .map(element => element.closest('label') ?? element)
      .filter(element => element.getBoundingClientRect().height < 44)
      .map(element => element.outerHTML),
  )
}
