import { CaptchaFields } from '../captcha/captchaPages.tsx'
import { supportCode } from '../crypto/index.ts'
import { errorOf, formErrors, type PageContent, readRefused, typed, type Visit } from '../http/index.ts'
import {
  Actions,
  Button,
  Choice,
  Choices,
  Form,
  type FormError,
  type IconName,
  Identity,
  Lead,
  TextField,
} from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import { Answering } from '../support/contactPages.tsx'
import { type QuestionId, SKIP } from './tree.ts'
import { actsOf, explain, leafWords, questionView, type Scene } from './wire.ts'

/** Asks for the name, and says what it goes on from. `known`: the name that is most likely meant. */
export function startPage(visit: Visit, known: string | undefined, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const { captcha } = visit.services
  const errors = formErrors(visit, problem)
  const from = readRefused(visit)
  return {
    title: t('assistant.title'),
    problem,
    errors,
    scripts: captcha ? ['captcha'] : [],
    children: (
      <>
        <Lead>{t('assistant.start.lead')}</Lead>
        {from && <From visit={visit} code={from.code} />}
        <Form action={visit.path}>
          <TextField
            name="username"
            label={t('signin.username')}
            hint={t('assistant.start.usernameHint')}
            value={typed(visit, 'username') ?? known}
            error={errorOf(errors, 'username')}
            type="email"
            autoComplete="username"
            required={false}
          />
          {captcha && <CaptchaFields visit={visit} problem={problem} />}
          <Actions>
            <Button>{t('assistant.next')}</Button>
            <Button kind="link" href="/signin">
              {t('assistant.signIn')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** What this browser was told a moment ago. */
function From({ visit, code }: { visit: Visit; code: string }) {
  const found = explain(visit, code)
  return found && <p className="hint">{visit.locale.t('assistant.from', { title: found.title })}</p>
}

/** The question that is asked now, or the end. */
export function assistantPage(visit: Visit, scene: Scene, problem?: Refusal): PageContent {
  const { one } = scene
  const shown = one.isExpired
    ? expiredPage(visit)
    : 'leaf' in one.at
      ? leafPage(visit, scene)
      : questionPage(visit, scene, one.at.question, problem)
  return { problem, ...shown, supportCode: supportCode(visit.act, scene.tenantId, one.id) }
}

function questionPage(visit: Visit, { one }: Scene, question: QuestionId, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const { text, options = [] } = questionView(visit, question)
  const errors = formErrors(visit, problem)
  const action = `/help/sign-in/${one.id}/answers`
  const isText = question === 'username' || question === 'code'
  return {
    title: text,
    problem,
    errors,
    children: (
      <>
        {one.username !== undefined && <Identity name={one.username} />}
        {one.account === 'unknown' && one.told.from === undefined && <p className="hint">{t('assistant.unknown')}</p>}
        {one.told.from !== undefined && <From visit={visit} code={one.told.from} />}
        {isText ? (
          <Form action={action} hidden={{ question }}>
            <TextField
              name="answer"
              label={t(question === 'code' ? 'assistant.code' : 'signin.username')}
              hint={t(question === 'code' ? 'assistant.codeHint' : 'assistant.start.usernameHint')}
              value={typed(visit, 'answer')}
              error={errorOf(errors, 'answer')}
              {...(question === 'username' && { type: 'email', autoComplete: 'username' })}
              autoFocus
            />
            <Actions>
              <Button>{t('assistant.next')}</Button>
            </Actions>
          </Form>
        ) : (
          <Choices label={text}>
            {options.map(({ id: answer, text: label }) => (
              <Choice
                key={answer}
                icon={icons[answer] ?? 'questions'}
                label={label}
                {...{ action, fields: { question, answer } }}
              />
            ))}
          </Choices>
        )}
        {question === 'username' && (
          <Form action={action} hidden={{ question, answer: SKIP }}>
            <Actions>
              <Button kind="link">{t('assistant.skip')}</Button>
            </Actions>
          </Form>
        )}
        <Back visit={visit} one={one} />
      </>
    ),
  }
}

const icons: Readonly<Record<string, IconName>> = {
  forgot: 'key',
  locked: 'lock',
  'lost-method': 'phone',
  message: 'info',
  'no-administrator': 'person',
  nobody: 'person',
  denied: 'danger',
  'sign-up-refused': 'danger',
  'which-account': 'person',
  missing: 'questions',
  'domain-taken': 'globe',
  both: 'person',
  several: 'person',
  known: 'check',
  yes: 'check',
  left: 'clock',
}

function Back({ visit, one }: Pick<Scene, 'one'> & { visit: Visit }) {
  const { t } = visit.locale
  const { username, from, answers } = one.told
  return (
    <Form action={`/help/sign-in/${one.id}/back`}>
      <Actions>
        {(username !== undefined || from !== undefined || answers.length > 0) && (
          <Button kind="link">
            {t(answers.length > 0 ? 'assistant.back' : from ? 'assistant.other' : 'assistant.otherName')}
          </Button>
        )}
        <Button kind="link" href="/help/sign-in">
          {t('assistant.again')}
        </Button>
      </Actions>
    </Form>
  )
}

function leafPage(visit: Visit, scene: Scene): PageContent {
  const { t } = visit.locale
  const { one, support } = scene
  const { title, detail } = leafWords(visit, scene)
  const code = 'leaf' in one.at && one.at.code !== undefined ? explain(visit, one.at.code) : undefined
  const [first, ...others] = actsOf(visit, scene)
  const [offer] = support?.offers ?? []
  return {
    title,
    scripts: ['zone'],
    children: (
      <>
        {one.username !== undefined && <Identity name={one.username} />}
        <Lead>{detail}</Lead>
        {code && <p className="hint">{t('assistant.meaning', { code: code.code, title: code.title })}</p>}
        <Actions>
          {first && <Button href={first.href}>{first.title}</Button>}
          {others.map(({ act, href, title: label }) => (
            <Button key={act} kind={act === 'case' || act === 'support' ? 'link' : 'secondary'} href={href}>
              {label}
            </Button>
          ))}
        </Actions>
        {support && offer && (
          <>
            <h2>{t('assistant.help')}</h2>
            <Answering visit={visit} asked={support} offer={offer} />
          </>
        )}
        <Back visit={visit} one={one} />
      </>
    ),
  }
}

function expiredPage({ locale: { t } }: Visit): PageContent {
  return {
    title: t('reset.expired.title'),
    outcome: 'info',
    children: (
      <>
        <p>{t('assistant.expired')}</p>
        <Actions>
          <Button href="/help/sign-in">{t('assistant.again')}</Button>
        </Actions>
      </>
    ),
  }
}

/** Where nobody of the company answers. */
const caseHref = (id: string) => `/cases?${new URLSearchParams({ kind: 'no-administrator', assistant: id })}`

/** Asks before a mail goes out, then says that it did. It asks for the name where it is needed for that alone. */
export function contactPage(visit: Visit, scene: Scene, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const { one } = scene
  const errors = formErrors(visit, problem)
  const path = `/help/sign-in/${one.id}`
  const back = (
    <Button kind="link" href={path}>
      {t('assistant.back')}
    </Button>
  )
  const common = { problem, errors, supportCode: supportCode(visit.act, scene.tenantId, one.id) }
  if (one.told.contacted && visit.query.answer !== undefined && !problem) {
    const isNow = visit.query.answer === 'now'
    return {
      ...common,
      title: t(isNow ? 'reset.contact.sentTitle' : 'reset.contact.earlierTitle'),
      outcome: isNow ? 'success' : 'info',
      children: (
        <>
          <p>{t(isNow ? 'reset.contact.sent' : 'reset.contact.earlier')}</p>
          <Actions>{back}</Actions>
        </>
      ),
    }
  }
  if (problem?.code === 'nobody_to_ask')
    return {
      ...common,
      problem: undefined,
      title: t('reset.contact.nobodyTitle'),
      outcome: 'info',
      children: (
        <>
          <p>{t('reset.contact.nobody')}</p>
          <Actions>
            <Button href={caseHref(one.id)}>{t('assistant.act.case')}</Button>
            <Button kind="link" href="/support">
              {t('assistant.act.support')}
            </Button>
            {back}
          </Actions>
        </>
      ),
    }
  const { username } = one
  return {
    ...common,
    title: t('reset.contact.title'),
    children: (
      <>
        <Lead>{username === undefined ? t('assistant.contact.name') : t('reset.contact.lead', { username })}</Lead>
        <AskForm visit={visit} scene={scene} errors={errors} />
      </>
    ),
  }
}

/** The same for the provider who set the accounts up. Nothing tells whether the company has named one. */
export function providerPage(visit: Visit, scene: Scene, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const { one } = scene
  const { answer } = visit.query
  const errors = formErrors(visit, problem)
  const isAsked = answer !== undefined && !problem
  return {
    problem,
    errors,
    supportCode: supportCode(visit.act, scene.tenantId, one.id),
    title: t(isAsked ? 'assistant.provider.askedTitle' : 'assistant.act.provider'),
    outcome: isAsked ? 'info' : undefined,
    children: isAsked ? (
      <>
        <p>{t(answer === 'now' ? 'assistant.provider.asked' : 'assistant.provider.earlier')}</p>
        <Actions>
          <Button href={caseHref(scene.one.id)}>{t('assistant.act.case')}</Button>
          <Button kind="link" href={`/help/sign-in/${one.id}`}>
            {t('assistant.back')}
          </Button>
        </Actions>
      </>
    ) : (
      <>
        <Lead>{t('assistant.provider.lead')}</Lead>
        <AskForm visit={visit} scene={scene} errors={errors} />
      </>
    ),
  }
}

/** Sends the request of this page, with the name where it was not told before. */
function AskForm({ visit, scene: { one }, errors }: { visit: Visit; scene: Scene; errors: readonly FormError[] }) {
  const { t } = visit.locale
  return (
    <Form action={visit.path}>
      {one.username === undefined && (
        <TextField
          name="username"
          label={t('signin.username')}
          value={typed(visit, 'username')}
          error={errorOf(errors, 'username')}
          type="email"
          autoComplete="username"
          autoFocus
        />
      )}
      <Actions>
        <Button>{t('reset.contact.send')}</Button>
        <Button kind="link" href={`/help/sign-in/${one.id}`}>
          {t('assistant.back')}
        </Button>
      </Actions>
    </Form>
  )
}
