import type { Learned } from '../assistant/index.ts'
import { CaptchaFields } from '../captcha/captchaPages.tsx'
import { errorOf, formErrors, type PageContent, typed, type Visit } from '../http/index.ts'
import { mailboxCodePage } from '../mailboxes/mailboxPages.tsx'
import { Findings, generalFields, RecordFields } from '../organization/recordPages.tsx'
import {
  Actions,
  Button,
  Choice,
  Choices,
  DefinitionList,
  Form,
  type FormError,
  HelpLink,
  Lead,
  Panel,
  SelectField,
  Sentence,
  TextArea,
  TextField,
  Timeline,
} from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import { type Case, caseKinds, LONGEST_TEXT } from './case.ts'
import { LearnedList } from './learnedPages.tsx'
import { checkOf, learnedFor, nextOf, type Reading, recordOf } from './wire.ts'

/** What goes along with a case from the assistant. */
export interface Sent {
  assistant: string
  learned: Learned
}

/** Asks what is wrong, and for a mailbox that we can answer to. */
export function startPage(visit: Visit, sent: Sent | undefined, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const { captcha } = visit.services
  const errors = formErrors(visit, problem)
  return {
    title: t('cases.start.title'),
    problem,
    errors,
    scripts: captcha ? ['captcha'] : [],
    children: (
      <>
        <Lead>{t('cases.start.lead')}</Lead>
        <p className="hint">
          <HelpLink locale={visit.locale} to="contact-administrator" say="how" />
        </p>
        <Form action={visit.path} hidden={sent && { assistant: sent.assistant }}>
          <SelectField
            name="kind"
            label={t('cases.start.kind')}
            value={typed(visit, 'kind') ?? visit.query.kind}
            error={errorOf(errors, 'kind')}
            options={caseKinds.map(kind => ({ value: kind, label: t(`cases.kind.${kind}`) }))}
          />
          <TextField
            name="domain"
            label={t('cases.start.domain')}
            hint={t('cases.start.domainHint')}
            value={typed(visit, 'domain') ?? visit.query.domain}
            error={errorOf(errors, 'domain')}
          />
          <TextField
            name="address"
            label={t('cases.start.address')}
            hint={t('cases.start.addressHint')}
            value={typed(visit, 'address')}
            error={errorOf(errors, 'address')}
            type="email"
            autoComplete="email"
          />
          <TextArea
            name="text"
            label={t('cases.text')}
            hint={t('cases.start.textHint')}
            value={typed(visit, 'text')}
            error={errorOf(errors, 'text')}
            maxLength={LONGEST_TEXT}
          />
          {sent && (
            <Panel title={t('cases.assistant.title')} hint={t('cases.assistant.goes')}>
              <LearnedList visit={visit} learned={sent.learned} />
              <Actions>
                <Button kind="link" href={visit.path}>
                  {t('cases.assistant.without')}
                </Button>
              </Actions>
            </Panel>
          )}
          {captcha && <CaptchaFields visit={visit} problem={problem} />}
          <Actions>
            <Button>{t('cases.start.go')}</Button>
            <Button kind="link" href="/cases/links">
              {t('cases.lost.title')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** The page of a case, for the one who opened it and for those who are asked. */
export function casePage(visit: Visit, read: Reading, problem?: Refusal): PageContent {
  const errors = formErrors(visit, problem)
  const isUnproved = read.one.state === 'prove-address'
  return {
    problem,
    errors,
    ...(isUnproved ? codePage(visit, read.one, problem, errors) : openPage(visit, read, errors)),
  }
}

type Part = Omit<PageContent, 'problem' | 'errors'>

function codePage(
  visit: Visit,
  { number, address, challenge }: Case,
  problem: Refusal | undefined,
  errors: readonly FormError[],
): Part {
  const { t } = visit.locale
  return mailboxCodePage(visit, {
    ...{ path: `/cases/${number}`, address, challenge, problem },
    error: errorOf(errors, 'code'),
    words: {
      title: t('cases.code.title'),
      lead: to => t('cases.code.lead', { address: to }),
      over: to => t('cases.code.over', { address: to }),
      verify: t('cases.code.verify'),
      again: t('cases.code.again'),
    },
  })
}

function openPage(visit: Visit, read: Reading, errors: readonly FormError[]): Part {
  const { t, day } = visit.locale
  const { one } = read
  const isAsker = read.as === 'asker'
  return {
    title: t('cases.open.title', { number: one.number }),
    scripts: ['copy', 'times'],
    outcome: one.state === 'closed' ? 'info' : undefined,
    children: (
      <>
        <Lead>{isAsker || one.state === 'closed' ? leadOf(visit, one) : t('cases.help.lead')}</Lead>
        <p className="hint">{t(isAsker ? 'cases.open.keep' : 'cases.help.warn')}</p>
        <DefinitionList
          items={[
            { term: t('cases.start.kind'), description: t(`cases.kind.${one.kind}`) },
            { term: t('cases.start.domain'), description: <bdi>{one.domain}</bdi> },
            {
              term: t(isAsker ? 'cases.start.address' : 'cases.help.asker'),
              description: (
                <>
                  <bdi>{one.address}</bdi>
                  {!isAsker && ` (${t(`cases.help.${proofOf(one)}`)})`}
                </>
              ),
            },
            ...(one.dnsProvedAt
              ? [{ term: t('cases.dns.title'), description: t('cases.dns.proved', { day: day(one.dnsProvedAt) }) }]
              : []),
          ]}
        />
        <h2>{t('cases.open.messages')}</h2>
        <Messages visit={visit} read={read} />
        {one.state !== 'closed' && <WriteForms visit={visit} read={read} errors={errors} />}
        {isAsker && <DnsPart visit={visit} one={one} />}
        {isAsker && one.state !== 'closed' && <RescuePart visit={visit} one={one} />}
        {read.as === 'administrator' && (
          <Actions>
            <Button kind="link" href="/cases">
              {t('cases.list.back')}
            </Button>
          </Actions>
        )}
      </>
    ),
  }
}

const proofOf = ({ addressProved, inDomain }: Case) =>
  addressProved ? (inDomain ? 'inDomain' : 'notInDomain') : 'notProved'

/** What the reader can do in an open case. A helper whose proof is too old is asked for one first, so that no text is lost. */
function WriteForms({ visit, read, errors }: { visit: Visit; read: Reading; errors: readonly FormError[] }) {
  const { t } = visit.locale
  const path = `/cases/${read.one.number}`
  const isAsker = read.as === 'asker'
  if (read.as === 'administrator' && !read.proved)
    return (
      <Actions>
        <Button href={`/session/proof?next=${path}`}>{t('cases.help.prove')}</Button>
      </Actions>
    )
  return (
    <>
      <Form action={`${path}/messages`}>
        <TextArea
          name="text"
          label={t(isAsker ? 'cases.reply.label' : 'cases.help.answer')}
          hint={t('cases.start.textHint')}
          value={typed(visit, 'text')}
          error={errorOf(errors, 'text')}
          maxLength={LONGEST_TEXT}
        />
        <Actions>
          <Button>{t('cases.reply.go')}</Button>
        </Actions>
      </Form>
      {isAsker && (
        <Form action={`${path}/withdrawal`}>
          <Actions>
            <Button kind="link">{t('cases.withdraw')}</Button>
          </Actions>
        </Form>
      )}
      {read.as === 'administrator' && (
        <Form action={`${path}/closing`} hidden={{ text: '' }}>
          <SelectField
            name="result"
            label={t('cases.help.result')}
            options={(['resolved', 'refused'] as const).map(value => ({ value, label: t(`cases.help.${value}`) }))}
          />
          <Actions>
            <Button kind="secondary">{t('cases.help.close')}</Button>
          </Actions>
        </Form>
      )}
    </>
  )
}

/** The record that proves the domain. Who decides about a case then knows more of who asks. */
function DnsPart({ visit, one }: { visit: Visit; one: Case }) {
  const { t } = visit.locale
  const record = recordOf(one)
  if (record === undefined) return null
  return (
    <Panel title={t('cases.dns.title')} hint={t('cases.dns.lead', { domain: one.domain })}>
      <RecordFields visit={visit} fields={generalFields(visit, record)} />
      <Findings visit={visit} check={checkOf(one)} />
      <Form action={`/cases/${one.number}/check`}>
        <Actions>
          <Button kind="secondary">{t('domains.check.now')}</Button>
        </Actions>
      </Form>
    </Panel>
  )
}

/** The way to a provider that can let a company back in. It is the same for every domain. */
const RescuePart = ({ visit, one }: { visit: Visit; one: Case }) => (
  <Panel title={visit.locale.t('cases.rescue.title')} hint={visit.locale.t('cases.rescue.lead')}>
    <Actions>
      <Button kind="secondary" href={`/cases/${one.number}/rescue`}>
        {visit.locale.t('cases.rescue.go')}
      </Button>
    </Actions>
  </Panel>
)

/** The cases of a company, for those who are asked. */
export function listPage({ locale: { t, dateTime } }: Visit, cases: readonly Case[]): PageContent {
  const stateOf = ({ state }: Case) => t(`cases.list.state.${state as Exclude<Case['state'], 'prove-address'>}`)
  return {
    title: t('cases.list.title'),
    children: (
      <>
        <Lead>{t(cases.length > 0 ? 'cases.list.lead' : 'cases.list.none')}</Lead>
        {cases.length > 0 && (
          <Choices label={t('cases.list.title')}>
            {cases.map(one => (
              <Choice
                key={one.number}
                icon={one.state === 'closed' ? 'check' : 'mail'}
                label={t('cases.named', { name: one.number, about: t(`cases.kind.${one.kind}`) })}
                hint={t('cases.list.since', { state: stateOf(one), when: dateTime(one.openedAt ?? one.createdAt) })}
                href={`/cases/${one.number}`}
              />
            ))}
          </Choices>
        )}
      </>
    ),
  }
}

/** What happens next, with the day until when. */
function leadOf({ locale: { t, dateTime } }: Visit, one: Case) {
  const { by } = nextOf(one)
  if (one.state === 'closed') return t(`cases.closed.${one.result ?? 'unanswered'}`)
  if (!by) return t('cases.state.operator')
  return (
    <Sentence say={when => t(`cases.state.${one.state as 'administrators' | 'provider' | 'asker'}`, { when })}>
      <time dateTime={by.toISOString()}>{dateTime(by)}</time>
    </Sentence>
  )
}

/** What was written, the newest first. It stands there as text: what looks like a link is none. */
function Messages({ visit, read }: { visit: Visit; read: Reading }) {
  const { t, dateTime } = visit.locale
  const { as, one } = read
  return (
    <Timeline
      items={one.messages
        .toReversed()
        .map(message => ({ ...message, learned: learnedFor(read, message) }))
        .map(({ by, at, text, learned }) => ({
          at: { iso: at.toISOString(), text: dateTime(at) },
          title: as !== 'asker' && by === 'asker' ? t('cases.help.asker') : t(`cases.by.${by}`),
          icon: by === 'asker' ? 'person' : 'mail',
          detail: (
            <>
              <bdi>
                {linesOf(text).map(({ key, line }) => (
                  <span key={key}>
                    {line}
                    <br />
                  </span>
                ))}
              </bdi>
              {learned && (
                <details>
                  <summary>{t('cases.assistant.title')}</summary>
                  <LearnedList visit={visit} learned={learned} />
                </details>
              )}
            </>
          ),
        }))}
    />
  )
}

const linesOf = (text: string) => text.split('\n').map((line, place) => ({ key: place, line }))

/** Asks for the number of a case whose link is lost. */
export function lostPage(visit: Visit, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const { captcha } = visit.services
  const errors = formErrors(visit, problem)
  return {
    title: t('cases.lost.title'),
    problem,
    errors,
    scripts: captcha ? ['captcha'] : [],
    children: (
      <>
        <Lead>{t('cases.lost.lead')}</Lead>
        <Form action={visit.path}>
          <TextField
            name="number"
            label={t('cases.lost.number')}
            hint={t('cases.lost.numberHint')}
            value={typed(visit, 'number')}
            error={errorOf(errors, 'number')}
          />
          <TextField
            name="address"
            label={t('cases.start.address')}
            value={typed(visit, 'address')}
            error={errorOf(errors, 'address')}
            type="email"
            autoComplete="email"
          />
          {captcha && <CaptchaFields visit={visit} problem={problem} />}
          <Actions>
            <Button>{t('cases.lost.go')}</Button>
            <Button kind="link" href="/cases">
              {t('cases.start.title')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** Says the same whether there is such a case or not. */
export const sentPage = ({ locale: { t } }: Visit): PageContent => ({
  title: t('cases.sent.title'),
  outcome: 'info',
  children: (
    <>
      <p>{t('cases.sent.lead')}</p>
      <Actions>
        <Button kind="secondary" href="/cases/links">
          {t('cases.sent.again')}
        </Button>
      </Actions>
    </>
  ),
})
