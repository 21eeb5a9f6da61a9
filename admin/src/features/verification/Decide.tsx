import { Checkbox, Field, Radio, RadioGroup, Select, Textarea } from '@fluentui/react-components'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { t } from '../../words.ts'
import { type DocumentType, reasons, type Stage, typesOf } from './queries.ts'

type Verdict = 'accept' | 'reject' | 'ask'

/** Characters of a reviewer's words. */
const LONGEST = 2_000

/** What a stage can be judged: nobody but the mailbox itself proves a mailbox, and questions begin with asking. */
function verdictsOf({ stage, status }: Stage): readonly Verdict[] {
  if (status === 'notStarted') return ['ask']
  return stage === 'emailOwnership' ? ['ask', 'reject'] : ['accept', 'ask', 'reject']
}

/** A verdict on one stage of a firm. */
export function Decide({ firm, stage: found, close }: { firm: string; stage: Stage; close: () => void }) {
  const queries = useQueryClient()
  const { stage } = found
  const verdicts = verdictsOf(found)
  const [verdict, setVerdict] = useState<Verdict>(verdicts[0]!)
  const [reason, setReason] = useState('')
  const [text, setText] = useState('')
  const [required, setRequired] = useState<readonly DocumentType[]>([])
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.POST('/verification/cases/{id}/decide', {
        params: { path: { id: firm } },
        body: {
          ...{ stage, verdict },
          ...(text.trim() !== '' && { text: text.trim() }),
          ...(verdict !== 'accept' && {
            ...(reason !== '' && { reason: reason as (typeof reasons)[number] }),
            ...(required.length > 0 && { requiredDocuments: [...required] }),
          }),
        },
      }),
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['verifications'] })
      document.querySelector<HTMLElement>('.panel h2')?.focus()
    },
  })
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  return (
    <AskFirst
      title={t('admin.verification.desk.decide.of', { stage: t(`admin.verification.stageNames.${stage}`) })}
      verb={t('admin.verification.desk.decide.verb')}
      act={mutate}
      isActing={isPending}
      error={fields.size > 0 ? null : error}
      close={close}
    >
      <Field label={t('admin.verification.desk.decide.verdict')}>
        <RadioGroup value={verdict} onChange={(_, { value }) => setVerdict(value as Verdict)}>
          {verdicts.map(one => (
            <Radio key={one} value={one} label={t(`admin.verification.desk.decide.verdicts.${one}`)} />
          ))}
        </RadioGroup>
      </Field>
      {verdict !== 'accept' && (
        <>
          <Field label={t('admin.verification.desk.decide.reason')} {...fieldError(fields, 'reason')}>
            <Select value={reason} onChange={(_, { value }) => setReason(value)}>
              <option value="" />
              {reasons.map(one => (
                <option key={one} value={one}>
                  {t(`admin.verification.reasons.${one}`)}
                </option>
              ))}
            </Select>
          </Field>
          {typesOf[stage].length > 0 && (
            <fieldset className="group">
              <legend>{t('admin.verification.desk.decide.documents')}</legend>
              {typesOf[stage].map(one => (
                <div key={one}>
                  <Checkbox
                    label={t(`admin.verification.documentTypes.${one}`)}
                    checked={required.includes(one)}
                    onChange={(_, { checked }) =>
                      setRequired([...required.filter(other => other !== one), ...(checked === true ? [one] : [])])
                    }
                  />
                </div>
              ))}
            </fieldset>
          )}
        </>
      )}
      <Field
        label={t('admin.verification.desk.decide.text')}
        hint={t('admin.verification.desk.decide.textHint')}
        {...fieldError(fields, 'text')}
      >
        <Textarea rows={3} maxLength={LONGEST} value={text} onChange={(_, { value }) => setText(value)} />
      </Field>
    </AskFirst>
  )
}
