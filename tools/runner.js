// With this as `--import` before tests, node:test finds the test that some code belongs to by an AsyncLocalStorage.
// By itself it follows every promise of the process with an async hook, which costs a fifth of the tests' time.

import { createRequire } from 'node:module'

const hooks = createRequire(import.meta.url)('node:async_hooks')
const { AsyncLocalStorage, AsyncResource, createHook, executionAsyncId } = hooks

/** The id of the test that runs here. */
const running = new AsyncLocalStorage()

/** Registers a test under its id; the runner's own. */
let register = () => {}

class Followed extends AsyncResource {
  constructor(type, options) {
    super(type, options)
    register(this.asyncId(), type, this.triggerAsyncId(), this)
  }

  runInAsyncScope(work, self, ...args) {
    return super.runInAsyncScope(() => running.run(this.asyncId(), () => work.apply(self, args)))
  }
}

hooks.AsyncResource = Followed
hooks.executionAsyncId = () => running.getStore() ?? 0
hooks.createHook = ({ init }) => {
  register = init
  const hook = { enable: () => hook, disable: () => hook }
  return hook
}
await import('node:test') // it keeps what it finds here while it loads; all else gets Node's own
Object.assign(hooks, { AsyncResource, createHook, executionAsyncId })
