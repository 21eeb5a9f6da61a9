import { Button, Spinner } from '@fluentui/react-components'
import { type UseQueryResult, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Problem } from '../api/problem.ts'
import { signInAgain } from '../api/session.ts'
import { number, percent, t } from '../words.ts'
import { AskFirst } from './AskFirst.tsx'
import { Loading } from './Loading.tsx'
import { Refused } from './Refused.tsx'
import { registrationDays } from './registrationDays.ts'
import './effect.css'
import { affected, type Effect, effects, type Preview } from './previews.ts'

export interface EffectOf {
  preview: UseQueryResult<Preview> | undefined
  mayCount: boolean
}

/** What a change would do to people, before it is made. */
export function EffectShown({ preview, mayCount }: EffectOf) {
  const { data, error, refetch } = preview ?? {}
  if (!data && error) return <Unknown error={error} again={() => void refetch?.()} />
  if (!data) return <Spinner size="tiny" label={t('admin.policies.effect.checking')} />
  return (
    <>
      <Headline counts={data.counts} />
      {mayCount && <BeforeAndAfter {...data.counts} />}
      <dl className="counts">
        {effects
          .filter(effect => effect !== 'losing' && data.counts[effect] > 0)
          .map(effect => (
            <div key={effect}>
              <dt>{t(`admin.policies.effect.names.${effect}`)}</dt>
              <dd>{number(data.counts[effect])}</dd>
            </div>
          ))}
      </dl>
      <First preview={data} />
    </>
  )
}

/** Why the effect is not known. A second step is not asked for while somebody still chooses: they begin it. */
function Unknown({ error, again }: { error: Error; again: () => void }) {
  if (!(error instanceof Problem)) return <Refused error={error} again={again} />
  if (error.status === 401)
    return (
      <>
        <p>{t('admin.policies.effect.stepUp')}</p>
        <Button onClick={() => void signInAgain({ maxAge: 900 }).then(again, () => {})}>
          {t('admin.policies.effect.confirm')}
        </Button>
      </>
    )
  // The field says what is wrong with it.
  if (error.fields.size > 0) return <p>{t('admin.policies.effect.invalid')}</p>
  return <Refused error={error} again={again} />
}

function Headline({ counts: { losing, gaining, users } }: { counts: Preview['counts'] }) {
  if (losing > 0)
    return (
      <p>
        <b className="figure danger">{number(losing)}</b> {t('admin.policies.effect.of', { people: number(users) })}
        <br />
        <b>{t('admin.policies.effect.losing', { count: losing })}</b>
      </p>
    )
  if (gaining > 0)
    return (
      <p>
        <b className="figure good">{number(gaining)}</b> {t('admin.policies.effect.of', { people: number(users) })}
        <br />
        <b>{t('admin.policies.effect.gaining', { count: gaining })}</b>
      </p>
    )
  return <p>{t('admin.policies.effect.nobody')}</p>
}

/** The share of people who can get back in, now and then. */
function BeforeAndAfter({ losing, gaining }: Preview['counts']) {
  const { data: days } = useQuery(registrationDays)
  const today = days?.at(-1)
  if (!today || today.enabled === 0 || losing + gaining === 0) return null
  const after = Math.max(0, today.capable - losing + gaining)
  return (
    <dl className="bars">
      {(
        [
          ['now', today.capable, 0],
          ['after', after, losing],
        ] as const
      ).map(([when, capable, lost]) => (
        <div key={when}>
          <dt>{t(`admin.policies.effect.${when}`)}</dt>
          <dd>
            <span className="bar" aria-hidden="true">
              <span className="part part-capable" style={{ flexGrow: capable }} />
              {lost > 0 && <span className="part part-lost" style={{ flexGrow: lost }} />}
              <span className="part part-other" style={{ flexGrow: Math.max(0, today.enabled - capable - lost) }} />
            </span>
            {percent(Math.min(1, capable / today.enabled))}
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** The first whom the gravest effect meets, and the way to all of them. */
function First({ preview: { id, counts } }: { preview: Preview }) {
  const gravest = effects.find(effect => counts[effect] > 0)
  const { data } = useInfiniteQuery({ ...affected(id, gravest ?? 'losing', 3), enabled: gravest !== undefined })
  const [isOpen, setOpen] = useState(false)
  if (!gravest) return null
  const people = data?.pages.flatMap(page => page.people) ?? []
  return (
    <>
      <Names people={people} />
      {counts[gravest] > people.length && people.length > 0 && (
        <Button appearance="transparent" onClick={() => setOpen(true)}>
          {t('admin.policies.effect.all', { count: counts[gravest] })}
        </Button>
      )}
      {isOpen && <Everybody preview={id} effect={gravest} close={() => setOpen(false)} />}
    </>
  )
}

const Names = ({ people }: { people: { id?: string; displayName?: string; userPrincipalName?: string }[] }) => (
  <ul className="plain names">
    {people.map(({ id, displayName, userPrincipalName }) => (
      <li key={id} className="two-lines">
        <b>{displayName}</b>
        <small>{userPrincipalName}</small>
      </li>
    ))}
  </ul>
)

function Everybody({ preview, effect, close }: { preview: string; effect: Effect; close: () => void }) {
  const { data, error, hasNextPage, fetchNextPage, isFetching } = useInfiniteQuery(affected(preview, effect, 100))
  return (
    <AskFirst
      title={t(`admin.policies.effect.names.${effect}`)}
      verb={hasNextPage ? t('admin.policies.effect.more') : undefined}
      act={() => void fetchNextPage()}
      isActing={isFetching}
      error={error}
      close={close}
    >
      {data ? <Names people={data.pages.flatMap(page => page.people)} /> : <Loading rows={4} />}
    </AskFirst>
  )
}
