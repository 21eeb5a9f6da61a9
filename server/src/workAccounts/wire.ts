import type { Visit } from '../http/index.ts'
import type { AccountCheck } from './check.ts'

/** What one can do next, as the page's buttons and a program's links. */
export function actsOf({ locale: { t }, services }: Visit, { account, domain, you }: AccountCheck) {
  if (account === 'unknown')
    return [
      ...(services.signup.open === 'open'
        ? [{ act: 'create', method: 'GET', href: '/signup', title: t('signup.start.title') }]
        : []),
      { act: 'decide', method: 'GET', href: '/start', title: t('workAccounts.decide') },
    ]
  return [
    { act: 'sign-in', method: 'GET', href: '/signin', title: t('workAccounts.signIn') },
    ...(account === 'directory' || you === false
      ? []
      : [{ act: 'reset', method: 'GET', href: '/reset', title: t('workAccounts.reset') }]),
    ...(account === 'unmanaged'
      ? [{ act: 'take-over', method: 'GET', href: `/takeovers?domain=${domain}`, title: t('workAccounts.takeOver') }]
      : []),
  ]
}
