import { Button } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useRouterState } from '@tanstack/react-router'
import { type ComponentType, useEffect, useState } from 'react'
import { LearnMore } from '../../parts/LearnMore.tsx'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { progressOf, type Step, steps } from '../../parts/started.ts'
import { stepsDone } from '../../parts/startedQueries.ts'
import { number, t } from '../../words.ts'
import { Announce } from './Announce.tsx'
import { ChoosePolicy } from './ChoosePolicy.tsx'
import { ProveDomain } from './ProveDomain.tsx'
import { Registered } from './Registered.tsx'
import { SecondAdministrator } from './SecondAdministrator.tsx'

const forms: Record<Step, ComponentType> = {
  domain: ProveDomain,
  administrator: SecondAdministrator,
  policy: () => <ChoosePolicy isPilot={false} />,
  pilot: () => <ChoosePolicy isPilot />,
  announce: Announce,
  registered: Registered,
}

/** Leads a new company's administrator from a domain to people who have registered, each step done in place. */
export function GettingStartedPage() {
  const { data: done, error, refetch } = useQuery(stepsDone)
  const hash = useRouterState({ select: ({ location }) => location.hash })
  const [chosen, setChosen] = useState<Step>()
  const asked = steps.find(step => step === hash)
  useEffect(() => setChosen(asked), [asked])
  const progress = progressOf(done ?? new Map())
  const open = chosen ?? steps.find(step => done && !done.has(step))
  return (
    <div className="page">
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{t('admin.started.title')}</h1>
          <p>
            {done?.size === steps.length
              ? t('admin.started.all')
              : t('admin.started.progress', { done: number(progress.done), all: number(progress.all) })}
          </p>
          <LearnMore topic="getting-started" />
        </div>
      </div>
      {error && !done && <Refused error={error} again={() => void refetch()} />}
      {!done && !error && <Loading rows={6} />}
      {done && (
        <ol className="rows steps started">
          {steps.map(step => {
            const Form = forms[step]
            return (
              <li key={step}>
                <span className={done.get(step) === 'done' ? 'tag tag-good' : 'tag'}>
                  {t(`admin.started.${done.get(step) ?? 'open'}`)}
                </span>
                <div className="grows asked">
                  <h2>{t(`admin.started.steps.${step}.title`)}</h2>
                  <p>{t(`admin.started.steps.${step}.why`)}</p>
                  {step === open && <Form />}
                </div>
                {step !== open && (
                  <Button aria-label={t(`admin.started.steps.${step}.open`)} onClick={() => setChosen(step)}>
                    {t('admin.started.show')}
                  </Button>
                )}
              </li>
            )
          })}
        </ol>
      )}
    </div>
  )
}
