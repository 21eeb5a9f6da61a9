import type { PageContent, Visit } from '../http/index.ts'
import { Actions, Button, Lead } from '../pages/index.ts'
import { toldOf } from './errors.ts'

/** The page of a failure that no application may be told: it is not sure who asks. */
export function errorPage({ locale: { t } }: Visit, failure: Error): PageContent {
  const { number, error } = toldOf(failure as Parameters<typeof toldOf>[0], false)
  const kind = kindOf(number)
  return {
    title: t(`signin.error.${kind}.title`),
    outcome: error === 'server_error' ? 'danger' : 'warning',
    home: '/',
    children: (
      <>
        <Lead>{t(`signin.error.${kind}.detail`)}</Lead>
        <p className="hint">{t('signin.error.number', { number: `AADSTS${number}` })}</p>
        <Actions>
          <Button href="/">{t('frame.home')}</Button>
        </Actions>
      </>
    ),
  }
}

const kindOf = (number: number) => (number === 700016 ? 'application' : number === 50011 ? 'address' : 'request')
