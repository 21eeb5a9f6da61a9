import { errorOf, formErrors, type PageContent, type SignedInVisit, typed } from '../http/index.ts'
import { limitsFor, lookLengths } from '../organization/index.ts'
import {
  Actions,
  type BannerProps,
  Button,
  DefinitionList,
  FileField,
  Form,
  type FormError,
  Lead,
  Panel,
  productColor,
  readabilityOf,
  SelectField,
  TextArea,
  TextField,
} from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import { languages } from '../words/index.ts'
import { type Branding, type Picture, pictureOf, pictures, previewsOf, textNames, triedOf } from './wire.ts'

const PATH = '/organization/branding'

interface Parts {
  visit: SignedInVisit
  branding: Branding
  errors: readonly FormError[]
}

/** What a company's pages look like, and the forms that change it. `mayWrite`: whether a second step stands, without which nothing is written. */
export function brandingPage(
  visit: SignedInVisit,
  branding: Branding,
  { mayWrite, problem }: { mayWrite: boolean; problem: Refusal | undefined },
): PageContent {
  const { t } = visit.locale
  const errors = formErrors(visit, problem)
  const parts = { visit, branding, errors }
  return {
    title: t('branding.title'),
    width: 'wide',
    problem,
    errors,
    frames: branding.preview !== undefined,
    notice: noticeOf(visit, branding),
    children: (
      <>
        <Lead>{t('branding.lead')}</Lead>
        <LanguageForm {...parts} />
        {branding.preview !== undefined && <Preview {...parts} token={branding.preview} />}
        <Panel title={t('branding.look.title')}>
          {mayWrite ? (
            <LookForm {...parts} />
          ) : (
            <>
              <p>{t('branding.proveFirst')}</p>
              <Actions>
                <Button href={`/session/proof?next=${encodeURIComponent(PATH)}`}>{t('branding.prove')}</Button>
              </Actions>
            </>
          )}
          <ReadabilityLines {...parts} />
        </Panel>
        {mayWrite && <PicturesPanel {...parts} />}
        {mayWrite && <OtherPanels {...parts} />}
        <Actions>
          <Button kind="link" href="/account">
            {t('branding.back')}
          </Button>
        </Actions>
      </>
    ),
  }
}

function noticeOf({ locale: { t }, query }: SignedInVisit, { preview, over }: Branding): BannerProps | undefined {
  if (preview !== undefined) return { tone: 'info', children: t('branding.preview.notice') }
  if (over) return { tone: 'warning', children: t('branding.preview.over') }
  if (query.saved !== undefined) return { tone: 'success', children: t('branding.saved') }
  if (query.removed !== undefined) return { tone: 'success', children: t('branding.removed') }
  return undefined
}

/** The languages of pages, and every other one that has looks of its own. */
function LanguageForm({ visit, branding: { all, locale } }: Parts) {
  const { t, language } = visit.locale
  const names = new Intl.DisplayNames([language], { type: 'language' })
  const others = [...new Set([...languages, ...all.map(one => one.locale), locale])].filter(one => one !== '0')
  return (
    <Form method="get" action={PATH}>
      <SelectField
        name="locale"
        label={t('branding.language.label')}
        hint={t('branding.language.hint')}
        value={locale}
        options={[
          { value: '0', label: t('branding.language.all') },
          ...others.map(one => ({ value: one, label: names.of(one) ?? one })),
        ]}
      />
      <Actions>
        <Button kind="secondary">{t('branding.language.show')}</Button>
      </Actions>
    </Form>
  )
}

/** The true pages, with what was typed just now: in frames to look at, which nobody can send from, and by their links. */
function Preview({ visit, branding: { tenantId }, token }: Parts & { token: string }) {
  const { t } = visit.locale
  const { signIn, reset } = previewsOf(tenantId, token)
  return (
    <Panel title={t('branding.preview.title')}>
      {[
        { title: t('branding.preview.signIn'), href: signIn },
        { title: t('branding.preview.reset'), href: reset },
      ].map(({ title, href }) => (
        <div key={href}>
          <p>
            <a href={href}>{title}</a>
          </p>
          <iframe className="input" src={href} title={title} height={560} inert />
        </div>
      ))}
    </Panel>
  )
}

/** What a form sends along, so that what is tried in the other one is kept. */
const triedIn = ({ preview }: Branding) => (preview === undefined ? {} : { tried: preview })

function LookForm({ visit, branding, errors }: Parts) {
  const { t, number } = visit.locale
  const { locale, look, version } = branding
  return (
    <Form action={PATH} hidden={{ locale, version: version ?? 'none', ...triedIn(branding) }}>
      <TextField
        name="backgroundColor"
        label={t('branding.look.backgroundColor')}
        hint={t('branding.look.backgroundColorHint')}
        value={typed(visit, 'backgroundColor') ?? look.backgroundColor ?? ''}
        error={errorOf(errors, 'backgroundColor')}
        required={false}
      />
      {textNames.map(name => {
        const field = {
          ...{ name, label: t(`branding.look.${name}`), required: false },
          value: typed(visit, name) ?? look[name] ?? '',
          error: errorOf(errors, name),
          hint: name.endsWith('Url')
            ? t('branding.look.url')
            : t('branding.look.length', { most: number(lookLengths[name]) }),
        }
        return name === 'signInPageText' ? (
          <TextArea key={name} {...field} maxLength={lookLengths[name]} />
        ) : (
          <TextField key={name} {...field} />
        )
      })}
      <Actions>
        <Button formAction={`${PATH}/previews`}>{t('branding.preview.go')}</Button>
        <Button kind="secondary">{t('branding.save')}</Button>
      </Actions>
    </Form>
  )
}

/** Whether words can be read on the colour, and what is shown where they could not. */
function ReadabilityLines({ visit, branding: { look } }: Parts) {
  const { t, number } = visit.locale
  return (
    <>
      <h3>{t('branding.contrast.title')}</h3>
      <p className="hint">{t('branding.contrast.lead')}</p>
      <DefinitionList
        items={readabilityOf(look.backgroundColor ?? productColor).map(
          ({ part, scheme, shown, against, ratio, kept }) => ({
            term: t(`branding.contrast.${part}.${scheme}`),
            description: t(kept ? 'branding.contrast.kept' : 'branding.contrast.moved', {
              ...{ shown, against, ratio: number(Math.floor(ratio * 10) / 10) },
            }),
          }),
        )}
      />
    </>
  )
}

/** The pictures of this language, and the form for another, which is seen before it is saved. They are judged by their content. */
function PicturesPanel({ visit, branding, errors }: Parts) {
  const { t, number } = visit.locale
  const { locale, version, tried } = branding
  const shown = pictures.flatMap(kind => {
    const address = pictureOf(branding, kind)
    return address === undefined ? [] : [{ kind, address }]
  })
  const labelOf = (kind: Picture) => {
    const { bytes, width, height } = limitsFor(kind)
    return t(`branding.picture.limits.${kind}`, { kilobytes: number(bytes / 1024), width, height })
  }
  return (
    <Panel title={t('branding.picture.title')} hint={t('branding.picture.lead')}>
      {shown.map(({ kind, address }) => (
        <div key={kind}>
          <p>
            <img src={address} alt={t(`branding.picture.now.${kind}`)} />
          </p>
          <Form action={`${PATH}/pictures/removal`} hidden={{ locale, kind }}>
            <Actions>
              <Button kind="link">{t(`branding.picture.remove.${kind}`)}</Button>
            </Actions>
          </Form>
        </div>
      ))}
      {pictures
        .filter(kind => tried[kind] !== undefined)
        .map(kind => (
          <div key={kind}>
            <p>
              <img src={triedOf(branding, kind)} alt={t(`branding.picture.tried.${kind}`)} />
            </p>
            <Form action={`${PATH}/pictures/tried`} hidden={{ locale, kind, ...triedIn(branding) }}>
              <Actions>
                <Button>{t(`branding.picture.save.${kind}`)}</Button>
              </Actions>
            </Form>
          </div>
        ))}
      <Form action={`${PATH}/pictures`} hidden={{ locale, version: version ?? 'none', ...triedIn(branding) }} file>
        <SelectField
          name="kind"
          label={t('branding.picture.kind')}
          value={typed(visit, 'kind')}
          options={pictures.map(kind => ({ value: kind, label: labelOf(kind) }))}
        />
        <FileField
          name="picture"
          label={t('branding.picture.file')}
          hint={t('branding.picture.hint')}
          error={errorOf(errors, 'picture')}
          accept="image/png,image/jpeg,image/webp"
        />
        <Actions>
          <Button kind="secondary" formAction={`${PATH}/pictures/previews`}>
            {t('branding.preview.go')}
          </Button>
          <Button kind="secondary">{t('branding.picture.go')}</Button>
        </Actions>
      </Form>
    </Panel>
  )
}

/** What is the same in every language. */
function OtherPanels({ visit, branding, errors }: Parts) {
  const { t } = visit.locale
  const { displayName, helpdesk, mayName, locale, version } = branding
  return (
    <>
      {mayName && (
        <Panel title={t('branding.name.title')} hint={t('branding.name.hint')}>
          <Form action={`${PATH}/name`}>
            <TextField
              name="displayName"
              label={t('branding.name.label')}
              value={typed(visit, 'displayName') ?? displayName}
              error={errorOf(errors, 'displayName')}
              autoComplete="organization"
            />
            <Actions>
              <Button kind="secondary">{t('branding.name.go')}</Button>
            </Actions>
          </Form>
        </Panel>
      )}
      {helpdesk !== undefined && (
        <Panel title={t('branding.helpdesk.title')} hint={t('branding.helpdesk.hint')}>
          <Form action={`${PATH}/helpdesk`}>
            <TextField
              name="helpdesk"
              label={t('branding.helpdesk.label')}
              value={typed(visit, 'helpdesk') ?? helpdesk ?? ''}
              error={errorOf(errors, 'helpdesk')}
              required={false}
            />
            <Actions>
              <Button kind="secondary">{t('branding.helpdesk.go')}</Button>
            </Actions>
          </Form>
        </Panel>
      )}
      {version !== undefined && (
        <Panel
          title={t('branding.remove.title')}
          hint={t(locale === '0' ? 'branding.remove.all' : 'branding.remove.one')}
        >
          <Form action={`${PATH}/removal`} hidden={{ locale }}>
            <Actions>
              <Button kind="danger">{t('branding.remove.go')}</Button>
            </Actions>
          </Form>
        </Panel>
      )}
    </>
  )
}
