import { plus, SECOND } from '../clock.ts'
import type { PageContent, SignedInVisit } from '../http/index.ts'
import { Actions, Button, CodeSheet, Form, Lead } from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import type { SecurityInfo } from './state.ts'

// New recovery codes go from the form to the page that shows them in a sealed cookie: a reload of an answer to the form
// would make another sheet, and no table ever holds them.

/** The page that shows new codes once. */
export const CODES_PAGE = '/security-info/recovery-codes'

/** Long enough for a slow line. */
const LASTS = 3 * 60 * SECOND

/** Codes on their way to their page. */
interface Shown {
  /** Their sheet. */
  methodId: string
  codes: string[]
  ends: number
  /** The languages in which the page was read: the reader may still choose another one, each once. */
  readIn: string[]
}

/** Leaves new codes in the browser for their page. */
export const leaveCodes = (visit: SignedInVisit, made: Pick<Shown, 'methodId' | 'codes'>) =>
  keep(visit, { ...made, readIn: [], ends: plus(visit.act.now, LASTS).getTime() })

/** Takes the codes of this sheet to show them. Undefined where the page has shown them: a reload or the back button brings none. */
export function takeCodes(visit: SignedInVisit, methodId: string | undefined): string[] | undefined {
  const shown = open(visit)
  if (!shown) return undefined
  const { language } = visit.locale
  const again = visit.query.lang !== undefined && !shown.readIn.includes(language)
  if ((shown.readIn.length > 0 && !again) || shown.methodId !== methodId || shown.ends < visit.act.now.getTime()) {
    visit.cookies.clear('codes')
    return undefined
  }
  keep(visit, { ...shown, readIn: [...shown.readIn, language] })
  return shown.codes
}

function open(visit: SignedInVisit): Shown | undefined {
  const sealed = visit.cookies.get('codes')
  if (sealed === undefined) return undefined
  try {
    return JSON.parse(visit.act.keys.open(placeOf(visit), Buffer.from(sealed, 'base64url')))
  } catch {
    return undefined // another person's, or a forged one
  }
}

const keep = (visit: SignedInVisit, shown: Shown) =>
  visit.cookies.set('codes', visit.act.keys.seal(placeOf(visit), JSON.stringify(shown)).toString('base64url'))

const placeOf = ({ session: { tenantId, user } }: SignedInVisit) =>
  ({ purpose: 'form', tenantId, rowId: `${CODES_PAGE} ${user.id}` }) as const

/** "Show my codes": makes a new sheet, which ends the older one. */
export function newCodesPage(visit: SignedInVisit, { recorded }: SecurityInfo, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const replaces = recorded.some(({ kind, codesLeft }) => kind === 'recoveryCode' && codesLeft !== 0)
  return {
    title: t('registration.recovery.title'),
    problem,
    children: (
      <>
        <Lead>{t('registration.recovery.lead')}</Lead>
        {replaces && <p>{t('registration.recovery.replaces')}</p>}
        <Form action="/security-info/methods" hidden={{ kind: 'recoveryCode' }}>
          <Actions>
            <Button>{t('registration.recovery.show')}</Button>
            <Button kind="link" href="/security-info">
              {t('registration.code.back')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** The codes of a new sheet; after that one time, that they cannot be shown again. */
export function codesPage({ locale, act }: SignedInVisit, codes: readonly string[] | undefined): PageContent {
  const { t, day } = locale
  if (!codes)
    return {
      title: t('registration.recovery.goneTitle'),
      outcome: 'info',
      children: (
        <>
          <Lead>{t('registration.recovery.gone')}</Lead>
          <Actions>
            <Button href="/security-info">{t('registration.thanks.go')}</Button>
            <Button kind="link" href="/security-info/set-up/recoveryCode">
              {t('registration.recovery.renew')}
            </Button>
          </Actions>
        </>
      ),
    }
  return {
    title: t('registration.recovery.sheetTitle'),
    scripts: ['codes'],
    children: (
      <>
        <Lead>{t('registration.recovery.sheetLead')}</Lead>
        <CodeSheet
          codes={codes}
          made={t('registration.recovery.made', { date: day(act.now) })}
          words={{
            list: t('registration.recovery.sheet'),
            print: t('registration.recovery.print'),
            copy: t('registration.recovery.copy'),
            download: t('registration.recovery.download'),
            copied: t('registration.recovery.copied'),
          }}
        />
        <Actions>
          <Button href="/security-info/thanks">{t('registration.recovery.kept')}</Button>
        </Actions>
      </>
    ),
  }
}
