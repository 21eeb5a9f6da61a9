// The first import of the program: on a Node that is too old nothing more is loaded.

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`latchkey: Node ${process.versions.node} is too old, Latchkey needs Node 22.18 or newer.\n`)
  process.exit(1)
}
