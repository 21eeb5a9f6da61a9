import { Button, Checkbox, Field, Input } from '@fluentui/react-components'
import { AddRegular, DismissRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { currentLanguage, t } from '../../words.ts'
import type { FieldShown } from './SettingField.tsx'
import type { Question } from './settings.ts'

const texts = import.meta.glob<Record<string, string>>('../../../../locales/*/questions.json', { import: 'default' })

/** The texts of the built-in questions, as people read them. */
const builtIn = {
  queryKey: ['questions'],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: () => texts[`../../../../locales/${currentLanguage()}/questions.json`]!(),
}

const MOST = 20

/** The security questions on offer: built-in ones, and the company's own. */
export function QuestionsField({ ask, why, isReadOnly, problem, value, set }: FieldShown<Question[]>) {
  const { data = {} } = useQuery(builtIn)
  const [own, setOwn] = useState('')
  const owned = value.filter(one => 'text' in one)
  const isFull = value.length >= MOST
  const add = () => {
    const text = own.trim()
    if (text.length < 3 || isFull) return
    const taken = new Set(value.map(({ id }) => id))
    const free = Array.from({ length: MOST + 1 }, (_, n) => `own${n + 1}`).find(id => !taken.has(id))!
    set([...value, { id: free, text }])
    setOwn('')
  }
  return (
    <Field
      className="setting"
      label={ask}
      hint={
        <>
          {why}
          <br />
          {t('admin.policies.questions.chosen', { count: value.length })}
        </>
      }
      {...problem}
    >
      <fieldset id="questions" className="bare">
        <div className="choices choices-long">
          {Object.entries(data).map(([id, text]) => {
            const isChosen = value.some(one => one.id === id)
            return (
              <div key={id}>
                <Checkbox
                  label={text}
                  checked={isChosen}
                  disabled={isReadOnly || (isFull && !isChosen)}
                  onChange={(_, { checked }) => set(checked ? [...value, { id }] : value.filter(one => one.id !== id))}
                />
              </div>
            )
          })}
        </div>
        <ul className="plain picked">
          {owned.map(one => (
            <li key={one.id}>
              {one.text}
              {!isReadOnly && (
                <Button
                  appearance="subtle"
                  size="small"
                  icon={<DismissRegular />}
                  aria-label={t('admin.policies.questions.remove', { question: one.text })}
                  onClick={() => set(value.filter(({ id }) => id !== one.id))}
                />
              )}
            </li>
          ))}
        </ul>
        {!isReadOnly && !isFull && (
          <div className="ask">
            <Input
              className="find"
              value={own}
              maxLength={200}
              aria-label={t('admin.policies.questions.own')}
              placeholder={t('admin.policies.questions.own')}
              onChange={(_, { value }) => setOwn(value)}
              onKeyDown={({ key }) => key === 'Enter' && add()}
            />
            <Button icon={<AddRegular />} onClick={add}>
              {t('admin.policies.questions.add')}
            </Button>
          </div>
        )}
      </fieldset>
    </Field>
  )
}
