import type { ReactNode } from 'react'
import { challengeSeconds } from '../challenges/index.ts'
import { plus, SECOND } from '../clock.ts'
import type { PageContent, Visit } from '../http/index.ts'
import { Actions, Button, CodeField, Form, Lead, Sentence, Undelivered, Waited } from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import type { MailboxChallenge } from './challenge.ts'

/** How long a mail may take before its page offers another. */
const LATE = 10 * SECOND

/** The page of a mailed code. `path`: of its journey. `error`: of the code that was typed. `beside`: another way on. */
interface CodePage {
  path: string
  address: string
  challenge: MailboxChallenge | undefined
  problem: Refusal | undefined
  error: string | undefined
  /** `lead`: while the code counts; `over`: after that. */
  words: { title: string; lead(address: string): string; over(address: string): string; verify: string; again: string }
  beside?: ReactNode
}

/** Asks for the code that was mailed, and offers another where it is late, failed or over. */
export function mailboxCodePage(
  visit: Visit,
  { path, address, challenge, problem, error, words, beside }: CodePage,
): Pick<PageContent, 'title' | 'notice' | 'scripts' | 'children'> {
  const { t, duration } = visit.locale
  const isOpen = challenge !== undefined && challenge.expiresAt > visit.act.now
  const failed = challenge?.delivery === 'failed'
  const pending = isOpen && challenge.delivery === 'pending'
  const late = !isOpen || failed || problem !== undefined || visit.act.now > plus(challenge.createdAt, LATE)
  const notice = challenge?.undelivered ? t('signup.code.noMail') : t('reset.code.failed')
  return {
    title: words.title,
    notice: failed ? { tone: 'warning', children: notice } : undefined,
    scripts: pending ? ['delivery'] : [],
    children: (
      <>
        {pending && (
          <Undelivered ask={path} challenge={challenge.id}>
            {t('reset.code.failed')}
          </Undelivered>
        )}
        <Lead>
          <Sentence say={isOpen ? words.lead : words.over}>
            <bdi>{address}</bdi>
          </Sentence>
        </Lead>
        {isOpen && (
          <Form action={`${path}/proofs`} hidden={{ challenge: challenge.id }}>
            <CodeField
              name="code"
              label={t('reset.code.label')}
              hint={t('reset.code.hint', { duration: duration(challengeSeconds) })}
              error={error}
              autoFocus
            />
            <Actions>
              <Button>{words.verify}</Button>
              {beside}
            </Actions>
          </Form>
        )}
        <Waited late={late}>
          {isOpen && <p>{t('reset.code.waited')}</p>}
          <Form action={`${path}/challenges`}>
            <Actions>
              <Button kind={isOpen ? 'secondary' : 'primary'}>{words.again}</Button>
            </Actions>
          </Form>
        </Waited>
      </>
    ),
  }
}
