import { Button, Field } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useId, useRef, useState } from 'react'
import { Refused } from '../../parts/Refused.tsx'
import { number, t } from '../../words.ts'
import { type PictureKind, pictureKinds, pictures } from './look.ts'
import { picture, putPicture, removePicture } from './queries.ts'

/** The pictures of one language's pages. Their limits are told, and judged here before the server does. */
export function Pictures({ id, locale }: { id: string; locale: string }) {
  return (
    <section className="card asked" aria-labelledby="pictures">
      <h2 id="pictures">{t('admin.branding.pictures.title')}</h2>
      <p>{t('admin.branding.pictures.lead')}</p>
      {pictureKinds.map(kind => (
        <Picture key={kind} id={id} locale={locale} kind={kind} />
      ))}
    </section>
  )
}

function Picture({ id, locale, kind }: { id: string; locale: string; kind: PictureKind }) {
  const queries = useQueryClient()
  const name = useId()
  const { data: shown } = useQuery(picture(id, locale, kind))
  const [fault, setFault] = useState<string>()
  const then = { onSuccess: () => queries.invalidateQueries({ queryKey: ['branding'] }) }
  const put = useMutation({ mutationFn: (file: File) => putPicture(id, locale, { kind, file }), ...then })
  const remove = useMutation({ mutationFn: () => removePicture(id, locale, kind), ...then })
  const { bytes, width, height } = pictures[kind]
  const limit = t('admin.branding.pictures.limit', { kilobytes: number(bytes / 1024), width, height })
  const what = t(`admin.branding.pictures.kinds.${kind}`)
  const choose = async (file: File | undefined) => {
    if (!file) return
    const found = await faultOf(kind, file, limit)
    setFault(found)
    put.reset()
    if (found === undefined) put.mutate(file)
  }
  const error = put.error ?? remove.error
  return (
    <div>
      <h3>{what}</h3>
      {error && <Refused error={error} />}
      {shown ? (
        <Drawn picture={shown} label={what} />
      ) : (
        <p className="calm-line">{t('admin.branding.pictures.none')}</p>
      )}
      <Field hint={limit} {...(fault !== undefined && { validationState: 'error', validationMessage: fault })}>
        <input
          id={name}
          className="file"
          type="file"
          accept="image/png,image/jpeg,image/webp"
          aria-label={t('admin.branding.pictures.choose', { what })}
          disabled={put.isPending}
          onChange={({ target }) => {
            void choose(target.files?.[0])
            // The same file can be chosen again once it was mended.
            target.value = ''
          }}
        />
      </Field>
      {shown && (
        <Button
          size="small"
          disabledFocusable={remove.isPending}
          aria-label={t('admin.branding.pictures.removeOf', { what })}
          onClick={() => remove.mutate()}
        >
          {t('admin.branding.pictures.remove')}
        </Button>
      )}
    </div>
  )
}

/** Why a picture does not fit; undefined where it does. */
async function faultOf(kind: PictureKind, file: File, limit: string): Promise<string | undefined> {
  const { bytes, width, height } = pictures[kind]
  if (file.size > bytes)
    return t('admin.branding.pictures.tooLarge', { kilobytes: number(Math.ceil(file.size / 1024)), limit })
  const drawn = await createImageBitmap(file).catch(() => undefined)
  if (!drawn) return t('admin.branding.pictures.noPicture')
  const fits = drawn.width <= width && drawn.height <= height
  return fits ? undefined : t('admin.branding.pictures.tooWide', { width: drawn.width, height: drawn.height, limit })
}

/** A picture that was read with the token: the policy of the page loads none by another address than the server's. */
function Drawn({ picture, label }: { picture: Blob; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    let isGone = false
    void createImageBitmap(picture).then(drawn => {
      if (isGone || !canvas.current) return
      canvas.current.width = drawn.width
      canvas.current.height = drawn.height
      canvas.current.getContext('2d')!.drawImage(drawn, 0, 0)
    })
    return () => {
      isGone = true
    }
  }, [picture])
  return <canvas ref={canvas} className="branding-picture" role="img" aria-label={label} />
}
