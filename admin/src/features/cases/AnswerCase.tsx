import { Button, Field, Radio, RadioGroup, Textarea, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { useDraft } from '../../parts/drafts.ts'
import { Refused } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'
import type { Case } from './queries.ts'

/** Characters of one message. */
const LONGEST = 2_000

/** Answers whoever asks, or closes the case. What was typed stays until the server has it. */
export function AnswerCase({ found: { number } }: { found: Case }) {
  const opens = useRestoreFocusTarget()
  const queries = useQueryClient()
  const [text, setText] = useDraft(`case ${number}`, '')
  const [isClosing, setClosing] = useState(false)
  const path = { params: { path: { number } } }
  const answer = useMutation({
    mutationFn: () => api.POST('/cases/{number}/messages', { ...path, body: { text } }),
    onSuccess: () => {
      setText('')
      return reread()
    },
  })
  const reread = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ['cases'] }),
      queries.invalidateQueries({ queryKey: ['reports', 'attention'] }),
    ])
  return (
    <form
      className="asked"
      onSubmit={event => {
        event.preventDefault()
        if (text.trim() !== '' && !answer.isPending) answer.mutate()
      }}
    >
      {answer.error && <Refused error={answer.error} />}
      <Field label={t('admin.cases.answer.label')} hint={t('admin.cases.answer.hint')}>
        <Textarea rows={4} maxLength={LONGEST} value={text} onChange={(_, { value }) => setText(value)} />
      </Field>
      <div className="acts">
        <Button type="submit" appearance="primary" data-key="primary" disabledFocusable={answer.isPending}>
          {t('admin.cases.answer.verb')}
        </Button>
        <Button {...opens} onClick={() => setClosing(true)}>
          {t('admin.cases.close.open')}
        </Button>
      </div>
      <p role="status" className="good">
        {answer.isSuccess && text === '' && t('admin.cases.answer.done')}
      </p>
      {isClosing && (
        <Close number={number} text={text} typed={setText} closed={reread} close={() => setClosing(false)} />
      )}
    </form>
  )
}

interface Closing {
  number: string
  text: string
  typed: (text: string) => void
  closed: () => Promise<unknown>
  close: () => void
}

function Close({ number, text, typed, closed, close }: Closing) {
  const [result, setResult] = useState<'resolved' | 'refused'>('resolved')
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => {
      const body = { result, ...(text.trim() !== '' && { text }) }
      return api.POST('/cases/{number}/close', { params: { path: { number } }, body })
    },
    onSuccess: async () => {
      close()
      await closed()
      // The button that opened this is gone with the form.
      document.querySelector<HTMLElement>('.panel h2')?.focus()
    },
  })
  return (
    <AskFirst
      title={t('admin.cases.close.title', { number })}
      verb={t('admin.cases.close.open')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.cases.close.detail')}</p>
      <Field label={t('admin.cases.close.result')}>
        <RadioGroup value={result} onChange={(_, { value }) => setResult(value as 'resolved' | 'refused')}>
          <Radio value="resolved" label={t('admin.cases.results.resolved')} />
          <Radio value="refused" label={t('admin.cases.results.refused')} />
        </RadioGroup>
      </Field>
      <Field label={t('admin.cases.close.last')}>
        <Textarea rows={3} maxLength={LONGEST} value={text} onChange={(_, { value }) => typed(value)} />
      </Field>
    </AskFirst>
  )
}
