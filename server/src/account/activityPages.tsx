import { type ActivityLine, COUNTED_AT_MOST, readBrowser } from '../audit/index.ts'
import type { PageContent, SignedInVisit } from '../http/index.ts'
import { activityName, nameAddress, nameBrowser } from '../notifications/index.ts'
import {
  Actions,
  Banner,
  Button,
  Day,
  DefinitionList,
  Form,
  HelpLink,
  Lead,
  Panel,
  Sentence,
  Timeline,
  type Tone,
} from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import { isTried, type OwnActivity, type ShownActivity } from './activity.ts'
import type { Report } from './report.ts'

/** The events of the owner's account, newest first. `older`: the id of the event to go on from. */
export function activityPage(
  visit: SignedInVisit,
  activity: readonly OwnActivity[],
  older: string | undefined,
): PageContent {
  const { t } = visit.locale
  return {
    title: t('account.activity'),
    width: 'wide',
    scripts: ['times'],
    children: (
      <>
        <Lead>{t('account.activityLead')}</Lead>
        <Panel>
          <ActivityLines visit={visit} activity={activity} heading="h2" />
        </Panel>
        <Actions>
          {older && (
            <Button kind="secondary" href={`/account/activity?before=${older}`}>
              {t('account.activityOlder')}
            </Button>
          )}
          {visit.query.before !== undefined && (
            <Button kind="link" href="/account/activity">
              {t('account.activityNewest')}
            </Button>
          )}
          <Button kind="link" href="/account">
            {t('account.back')}
          </Button>
        </Actions>
      </>
    ),
  }
}

const tones: Partial<Record<ShownActivity, Tone>> = {
  'signin.failed': 'warning',
  'signin.blocked': 'warning',
  'passkey.copy_suspected': 'warning',
  'proof.failed': 'warning',
  'password.change_failed': 'warning',
  'reset.blocked': 'warning',
  'reset.finished': 'success',
  'reset.unlocked': 'success',
  'account.reported': 'info',
}

/** Events one below the other, with "this wasn't me" where they can be reported. Attempts follow under a heading. */
export function ActivityLines(props: { visit: SignedInVisit; activity: readonly OwnActivity[]; heading: 'h2' | 'h3' }) {
  const { visit, activity, heading: Heading } = props
  const { t } = visit.locale
  if (activity.length === 0) return <p>{t('account.activityNone')}</p>
  const attempts = activity.filter(isTried)
  return (
    <>
      <Lines visit={visit} activity={activity.filter(line => !isTried(line))} />
      {attempts.length > 0 && (
        <>
          <Heading>{t('account.activityTried')}</Heading>
          <Lines visit={visit} activity={attempts} />
        </>
      )}
    </>
  )
}

function Lines({ visit, activity }: { visit: SignedInVisit; activity: readonly OwnActivity[] }) {
  const { t, dateTime } = visit.locale
  return (
    <Timeline
      items={activity.map(line => {
        const title = activityName(visit.locale, line.activity)
        const when = dateTime(line.at)
        return {
          at: { iso: line.at.toISOString(), text: when },
          title,
          detail: detailOf(visit, line),
          tone: tones[line.activity],
          badge: line.here
            ? { tone: 'info', text: t('account.report.here') }
            : line.reported
              ? { tone: 'neutral', text: t('account.report.made') }
              : undefined,
          action: line.reportable && !line.reported && (
            <Button
              kind="link"
              href={`/account/activity/${line.id}/report`}
              label={t('account.report.label', { activity: title, when })}
            >
              {t('account.report.action')}
            </Button>
          ),
        }
      })}
    />
  )
}

/** The details of an event: method, number, place and browser. Undefined where none is known, as of an operator's act. */
function detailOf(visit: SignedInVisit, line: OwnActivity) {
  const { locale } = visit
  const { times } = line
  const where = line.address && `${whereOf(visit, line.address)} · ${browserOf(visit, line)}`
  const words = [aboutOf(visit, line), where].filter(Boolean).join(' · ')
  if (!times) return words || undefined
  const count = `${locale.number(times.count)}${times.count < COUNTED_AT_MOST ? '' : '+'}`
  return (
    <>
      <Sentence say={date => locale.t('account.times', { times: count, date })}>
        <Day locale={locale} at={times.firstAt} />
      </Sentence>
      {words && ` · ${words}`}
    </>
  )
}

const whereOf = ({ locale, services }: SignedInVisit, address: string) => nameAddress(locale, services.places, address)

const browserOf = ({ locale }: SignedInVisit, { userAgent }: ActivityLine) => {
  const browser = readBrowser(userAgent)
  return browser ? nameBrowser(locale, browser) : locale.t('account.browser.unknown')
}

/** The kind of method, also of a sign-in without a password, or the activity that was reported. */
function aboutOf({ locale }: SignedInVisit, { activity, reason }: ActivityLine): string | undefined {
  if (!reason) return undefined
  if (activity === 'account.reported') return activityName(locale, reason as ShownActivity)
  if (activity === 'signin.succeeded') return reason === 'passkey' ? locale.t('methods.kind.passkey') : undefined
  const withKind = ['proof.passed', 'proof.failed', 'securityInfo.saved', 'securityInfo.removed', 'method.removed']
  return withKind.includes(activity) ? locale.t(`methods.kind.${reason as Report['methods'][number]}`) : undefined
}

/** Before a report: its effects. After it: what it did, and the next step. */
export function reportPage(visit: SignedInVisit, report: Report, problem?: Refusal): PageContent {
  const { line, made, password, methods, canReset, administrators } = report
  const { t, dateTime, list } = visit.locale
  const about = aboutOf(visit, line)
  const kinds = list(methods.map(kind => t(`methods.kind.${kind}`)))
  const event = (
    <DefinitionList
      items={[
        { term: t('account.report.what'), description: activityName(visit.locale, line.activity) },
        ...(about ? [{ term: t('account.report.kind'), description: about }] : []),
        {
          term: t('account.report.when'),
          description: <time dateTime={line.at.toISOString()}>{dateTime(line.at)}</time>,
        },
        {
          term: t('account.report.where'),
          description: <bdi>{line.address ? whereOf(visit, line.address) : '–'}</bdi>,
        },
        { term: t('account.report.browser'), description: browserOf(visit, line) },
      ]}
    />
  )
  const back = (
    <Button kind="link" href="/account/activity">
      {made ? t('account.report.done.back') : t('account.report.cancel')}
    </Button>
  )
  if (made) {
    const { userPrincipalName } = visit.session.user
    return {
      title: t('account.report.done.title'),
      outcome: 'success',
      children: (
        <>
          <Lead>{t(administrators ? 'account.report.done.lead' : 'account.report.done.leadAlone')}</Lead>
          {password && canReset && <p>{t('account.report.done.password')}</p>}
          {password && !canReset && <Banner tone="warning">{t('account.report.done.cannotReset')}</Banner>}
          {methods.length > 0 && <p>{t('account.report.methods', { kinds })}</p>}
          <Actions>
            {password && canReset ? (
              <Button href={`/reset?username=${encodeURIComponent(userPrincipalName)}`}>
                {t('account.report.done.choose')}
              </Button>
            ) : (
              !password &&
              methods.length > 0 && <Button href="/security-info">{t('account.report.done.securityInfo')}</Button>
            )}
            {back}
          </Actions>
        </>
      ),
    }
  }
  return {
    title: t('account.report.title'),
    scripts: ['times'],
    problem,
    children: (
      <>
        <Lead>{t('account.report.lead')}</Lead>
        {event}
        <h2>{t('account.report.effects')}</h2>
        <ul>
          <li>{t('account.report.sessions')}</li>
          {password && <li>{t('account.report.password')}</li>}
          {methods.length > 0 && <li>{t('account.report.methods', { kinds })}</li>}
          <li>{t(administrators ? 'account.report.told' : 'account.report.toldAlone')}</li>
          {password && canReset && <li>{t('account.report.canReset')}</li>}
        </ul>
        {password && !canReset && <Banner tone="warning">{t('account.report.cannotReset')}</Banner>}
        <p>
          <HelpLink locale={visit.locale} to="not-me" />
        </p>
        <Form action={`/account/activity/${line.id}/report`}>
          <Actions>
            <Button kind="danger">{t('account.report.submit')}</Button>
            {back}
          </Actions>
        </Form>
      </>
    ),
  }
}
