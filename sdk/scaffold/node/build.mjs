// Joins the connector and what it needs into one program.
import { chmodSync, readFileSync } from 'node:fs'
import { build } from 'esbuild'

const { name } = JSON.parse(readFileSync('package.json', 'utf8'))
await build({
  entryPoints: ['connector.mjs'],
  bundle: true,
  platform: 'node',
  format: 'cjs',
  outfile: `bin/${name}`,
  banner: { js: `#!${process.execPath}` },
  loader: { '.proto': 'text', '.yaml': 'text' },
  logLevel: 'warning',
})
chmodSync(`bin/${name}`, 0o755)
