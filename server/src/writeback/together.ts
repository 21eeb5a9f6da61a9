import { AsyncLocalStorage } from 'node:async_hooks'

/** So many are done in one go at most. */
const AT_MOST = 50

/**
 * Does things of one key in one go: those that are asked while others are being done come next, together. An error is
 * everybody's of its go.
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
      try {
        const answers = await now[0]!.here(() =>
          act(
            key,
            now.map(({ item }) => item),
          ),
        )
        for (const [place, { resolve }] of now.entries()) resolve(answers[place]!)
      } catch (error) {
        for (const { reject } of now) reject(error)
      }
    }
    waiting.delete(key)
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
