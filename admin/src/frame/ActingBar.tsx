import { Button, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle } from '@fluentui/react-components'
import type { components } from '../api/schema.d.ts'
import { leaveCustomer } from '../api/session.ts'
import { exactly, list, t } from '../words.ts'

/** Tells in whose organization one is, by what and until when, and leads back. */
export function ActingBar({ acting }: { acting: components['schemas']['delegatedAccess'] }) {
  const { customer, home, via, relationships, until } = acting
  return (
    <section aria-label={t('admin.customers.acting.label')}>
      <MessageBar intent="warning" layout="multiline">
        <MessageBarBody>
          <MessageBarTitle>{t('admin.customers.acting.title', { customer: customer.displayName })}</MessageBarTitle>{' '}
          {via === 'gdap'
            ? t('admin.customers.acting.gdap', {
                firm: home.displayName,
                relationships: list(relationships),
                when: exactly(until),
              })
            : t('admin.customers.acting.dap', { firm: home.displayName, when: exactly(until) })}
        </MessageBarBody>
        <MessageBarActions>
          <Button onClick={leaveCustomer}>{t('admin.customers.acting.leave')}</Button>
        </MessageBarActions>
      </MessageBar>
    </section>
  )
}
