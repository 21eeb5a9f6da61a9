import { AsyncLocalStorage } from 'node:async_hooks'

/** So many are done in one go at most. */
const AT_MOST = 50

/** PostgreSQL refused a value or a row (classes 22 and 23), and undid the transaction: the fault of one of them. */
const isOnes = (error: Error & { code?: unknown }) => /^2[23]/.test(String(error.code))

/**
 * Does things of one key in one go: those that are asked while others are being done come next, together. Where the fault
 * is one's, each is done once more by itself; any other error is everybody's of its go.
 */
export function together<Item, Answer>(act: (key: string, items: readonly Item[]) => Promise<readonly Answer[]>) {
  interface Asked extends PromiseWithResolvers<Answer> {
    item: Item
    /** Who asked: the first of a go is whose traces tell of it. */
    here: <T>(work: () => T) => T
  }
  const waiting = new Map<string, Asked[]>()

  async function run(key: string, queue: Asked[]) {
    while (queue.length > 0) {
      const now = queue.splice(0, AT_MOST)
      const error = await go(key, now)
      if (!error) continue
      if (now.length > 1 && isOnes(error)) for (const one of now) rejectWith(await go(key, [one]), [one])
      else rejectWith(error, now)
    }
    waiting.delete(key)
  }

  /** Answers all of them, or none: then it returns the error. */
  async function go(key: string, asked: readonly Asked[]): Promise<Error | undefined> {
    try {
      const items = asked.map(({ item }) => item)
      const answers = await asked[0]!.here(() => act(key, items))
      for (const [place, { resolve }] of asked.entries()) resolve(answers[place]!)
      return undefined
    } catch (error) {
      return error as Error
    }
  }

  function rejectWith(error: Error | undefined, asked: readonly Asked[]) {
    if (error) for (const { reject } of asked) reject(error)
  }

  return (key: string, item: Item): Promise<Answer> => {
    const asked: Asked = { item, here: AsyncLocalStorage.snapshot(), ...Promise.withResolvers<Answer>() }
    const queue = waiting.get(key)
    if (queue) queue.push(asked)
    else {
      const own = [asked]
      waiting.set(key, own)
      void run(key, own)
    }
    return asked.promise
  }
}
