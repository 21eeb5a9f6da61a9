import { Button, Field, ProgressBar, Select, Textarea } from '@fluentui/react-components'
import { DismissRegular } from '@fluentui/react-icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { allowedActions } from '../../api/queries.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { type Contact, ContactFields, contactOf, type Legal, LegalFields, legalOf } from '../../parts/partnerFields.tsx'
import { account } from '../../parts/partnerQueries.ts'
import { t } from '../../words.ts'
import { type Chosen, chooseFiles, type FileFault } from './files.ts'
import { type DocumentType, type Stage, typesOf } from './queries.ts'

/** Characters of a comment. */
const LONGEST = 2_000

/** Hands in documents and words for a stage that was rejected, or needs more. */
export function FixNow({ stage: { stage, requiredDocuments }, close }: { stage: Stage; close: () => void }) {
  const queries = useQueryClient()
  const types = requiredDocuments.length > 0 ? requiredDocuments : typesOf[stage]
  const [chosen, setChosen] = useState<Chosen[]>([])
  const [faults, setFaults] = useState<FileFault[]>([])
  const [comment, setComment] = useState('')
  const { data: firm } = useQuery(account)
  const { data: allowed } = useQuery(allowedActions)
  const mayCorrect = allowed?.value.includes('partner.account.write') ?? false
  // What was typed; undefined: it stays as it is.
  const [legal, setLegal] = useState<Legal>()
  const [contact, setContact] = useState<Contact>()
  const corrected = {
    ...(legal && { legalProfile: legalOf(legal) }),
    ...(contact && { primaryContact: contactOf(contact) }),
  }
  const [done, setDone] = useState(0)
  // What a refusal came after is there already, and is not sent again.
  const sent = useRef(new Map<File, string>())
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      setDone(0)
      for (const { file, type } of chosen) {
        if (!sent.current.has(file)) sent.current.set(file, await upload(file, type))
        setDone(before => before + 1)
      }
      const documents = chosen.map(({ file }) => sent.current.get(file)!)
      await api.POST('/partner/verification/stages/{stage}/fix', {
        params: { path: { stage } },
        body: {
          ...(documents.length > 0 && { documents }),
          ...(comment.trim() !== '' && { comment: comment.trim() }),
          ...((legal ?? contact) && { corrected }),
        },
      })
    },
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['partner'] })
      document.querySelector('h1')?.focus()
    },
  })
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  const add = (files: readonly File[]) => {
    const { fine, faults } = chooseFiles(files, chosen.length)
    setFaults(faults)
    setChosen(before => [...before, ...fine.map(file => ({ file, type: types[0]! }))])
  }
  return (
    <AskFirst
      title={t('admin.verification.fix.of', { stage: t(`admin.verification.stageNames.${stage}`) })}
      verb={t('admin.verification.fix.verb')}
      act={mutate}
      isActing={isPending}
      error={fields.size > 0 ? null : error}
      close={close}
    >
      <p>{t(`admin.verification.fix.${types.length > 0 ? 'detail' : 'detailOfMailbox'}`)}</p>
      {types.length > 0 && (
        <>
          <Field label={t('admin.verification.fix.files')} hint={t('admin.verification.fix.filesHint')}>
            <input
              type="file"
              aria-label={t('admin.verification.fix.files')}
              multiple
              accept="application/pdf,image/png,image/jpeg"
              onChange={({ target }) => {
                add([...(target.files ?? [])])
                target.value = ''
              }}
            />
          </Field>
          {faults.map(({ name, fault }) => (
            <p key={name} className="danger" role="alert">
              {t(`admin.verification.fix.faults.${fault}`, { name })}
            </p>
          ))}
          <ul className="rows">
            {chosen.map(({ file, type }, at) => (
              <li key={`${file.name}${file.lastModified}`}>
                <div className="grows">
                  <bdi>{file.name}</bdi>
                </div>
                <Select
                  aria-label={t('admin.verification.fix.typeOf', { name: file.name })}
                  value={type}
                  onChange={(_, { value }) =>
                    setChosen(before =>
                      before.map((one, n) => (n === at ? { file, type: value as DocumentType } : one)),
                    )
                  }
                >
                  {types.map(one => (
                    <option key={one} value={one}>
                      {t(`admin.verification.documentTypes.${one}`)}
                    </option>
                  ))}
                </Select>
                <Button
                  appearance="subtle"
                  size="small"
                  icon={<DismissRegular />}
                  aria-label={t('admin.verification.fix.leaveOut', { name: file.name })}
                  onClick={() => setChosen(before => before.filter(one => one.file !== file))}
                />
              </li>
            ))}
          </ul>
          {isPending && chosen.length > 0 && (
            <Field
              validationState="none"
              validationMessage={t('admin.verification.fix.uploading', { done, count: chosen.length })}
            >
              <ProgressBar value={done / chosen.length} />
            </Field>
          )}
        </>
      )}
      {mayCorrect && firm && stage === 'business' && (
        <LegalFields typed={legal ?? firm.legalProfile} change={setLegal} fields={fields} country={false} />
      )}
      {mayCorrect && firm?.primaryContact && (stage === 'emailOwnership' || stage === 'employment') && (
        <ContactFields
          title={t('admin.partner.profile.primaryContact')}
          name="primaryContact"
          typed={contact ?? firm.primaryContact}
          change={setContact}
          fields={fields}
        />
      )}
      <Field label={t('admin.verification.fix.comment')} hint={t('admin.verification.fix.commentHint')}>
        <Textarea rows={3} maxLength={LONGEST} value={comment} onChange={(_, { value }) => setComment(value)} />
      </Field>
    </AskFirst>
  )
}

async function upload(file: File, type: DocumentType): Promise<string> {
  const { id } = await dataOf(
    api.POST('/partner/verification/documents', {
      params: { query: { type, fileName: file.name } },
      body: file as unknown as string,
      bodySerializer: body => body,
      headers: { 'content-type': file.type || 'application/octet-stream' },
    }),
  )
  return id
}
