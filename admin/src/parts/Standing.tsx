import type { ReactNode } from 'react'
import { either, list, moment, t } from '../words.ts'
import { diagnose, type Readiness } from './diagnosis.ts'

interface Shown {
  accountEnabled: boolean
  readiness: Readiness
  children?: ReactNode
}

/** Whether a person can get back in on their own, and what keeps them from it. */
export function Standing({ accountEnabled, readiness, children }: Shown) {
  const { finding, since, until } = diagnose({ accountEnabled, readiness })
  const { methodsRegistered, gatesRequired, groupsThatOpen, failingChannels } = readiness
  const groups = groupsThatOpen.map(({ displayName }) => displayName)
  return (
    <section role="status" className={finding === 'nothing' ? 'standing standing-good' : 'standing'}>
      <h3>{t(`admin.diagnosis.${finding}`)}</h3>
      {groups.length > 0 && <p>{t('admin.diagnosis.notIn', { groups: either(groups) })}</p>}
      {since && <p>{t('admin.diagnosis.since', { when: moment(since) })}</p>}
      {finding === 'sendsFail' &&
        failingChannels.map(({ channel, since }) => (
          <p key={channel}>{t(`admin.diagnosis.fails.${channel}`, { when: moment(since) })}</p>
        ))}
      {until && <p>{t('admin.diagnosis.until', { when: moment(until) })}</p>}
      <p>
        {methodsRegistered.length === 0
          ? t('admin.diagnosis.noMethods')
          : t('admin.diagnosis.methods', {
              methods: list(methodsRegistered.map(method => t(`admin.diagnosis.kinds.${method}`))),
            })}{' '}
        {t('admin.diagnosis.gates', { count: gatesRequired })}
      </p>
      {children}
    </section>
  )
}
