import type { Learned } from '../assistant/index.ts'
import { explain } from '../assistant/wire.ts'
import type { Visit } from '../http/index.ts'
import { DefinitionList } from '../pages/index.ts'

/** What the assistant was told, in the reader's language. */
export function LearnedList({ visit, learned }: { visit: Visit; learned: Learned }) {
  const { t } = visit.locale
  const { username, from, answers, leaf } = learned
  const known = from === undefined ? undefined : explain(visit, from)
  return (
    <DefinitionList
      items={[
        ...(username === undefined ? [] : [{ term: t('signin.username'), description: <bdi>{username}</bdi> }]),
        ...(from === undefined
          ? []
          : [
              {
                term: t('cases.assistant.from'),
                description: known ? t('cases.named', { name: known.code, about: known.title }) : from,
              },
            ]),
        ...answers.map(({ question, answer }) => ({
          term: t(`assistant.question.${question}`),
          // A code was typed, or a whole message.
          description:
            question === 'code' || question === 'username' ? (
              <bdi>{answer}</bdi>
            ) : (
              t(`assistant.answer.${question}.${answer}` as 'assistant.answer.dns.no')
            ),
        })),
        ...(leaf === null
          ? []
          : [{ term: t('cases.assistant.advised'), description: t(`assistant.leaf.${leaf}.title`) }]),
      ]}
    />
  )
}
