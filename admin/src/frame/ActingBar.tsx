import type { components } from '../api/schema.d.ts'
import { leaveCustomer } from '../api/session.ts'
import { Told } from '../parts/Told.tsx'
import { exactly, list, t } from '../words.ts'

/** Tells in whose organization one is, by what and until when, and leads back. */
export function ActingBar({ acting }: { acting: components['schemas']['delegatedAccess'] }) {
  const { customer, home, via, relationships, until } = acting
  return (
    <section aria-label={t('admin.customers.acting.label')}>
      <Told
        kind="warning"
        title={t('admin.customers.acting.title', { customer: customer.displayName })}
        act={
          <button type="button" className="link-button" onClick={leaveCustomer}>
            {t('admin.customers.acting.leave')}
          </button>
        }
      >
        {via === 'gdap'
          ? t('admin.customers.acting.gdap', {
              firm: home.displayName,
              relationships: list(relationships),
              when: exactly(until),
            })
          : t('admin.customers.acting.dap', { firm: home.displayName, when: exactly(until) })}
      </Told>
    </section>
  )
}
