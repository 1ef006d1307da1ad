// Writes the types of the REST interface from the server's own description of it:
// node scripts/types.mjs, or `make generate` for all generated code.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, '../../server/api/openapi.json');
const target = join(here, '../src/shared/api/schema.gen.d.ts');

const ABOUT = new Set(['description', 'title']);
const json = ts.factory.createTypeReferenceNode('Json');

const isAnything = (schema) => Object.keys(schema).every((key) => ABOUT.has(key));

/** State-changing requests are JSON, so that those without a body may carry an empty object. */
const EMPTY = { content: { 'application/json': { schema: { type: 'object', additionalProperties: false } } } };
/** Every list takes these, also one that the server always gives whole. */
const PAGE = [{ name: 'after', type: 'string' }, { name: 'limit', type: 'integer' }];

/** What holds for the whole interface and the description does not repeat at each place. */
function withCustoms(description) {
  for (const { get, post } of Object.values(description.paths)) {
    if (post !== undefined) post.requestBody ??= EMPTY;
    const answer = get?.responses['200'].content['application/json']?.schema.$ref ?? '';
    if (!answer.includes('/List')) continue;
    get.parameters ??= [];
    for (const { name, type } of PAGE) if (!get.parameters.some((known) => known.name === name)) get.parameters.push({ name, in: 'query', schema: { type } });
  }
  // Settings are written by a plugin's declaration, but they are always an object.
  for (const { properties } of Object.values(description.components.schemas)) {
    if (properties?.settings !== undefined && isAnything(properties.settings)) properties.settings = { type: 'object', additionalProperties: {} };
  }
  return description;
}

export async function generated() {
  const nodes = await openapiTS(withCustoms(JSON.parse(readFileSync(source, 'utf8'))), {
    alphabetize: true,
    inject: "import type { Json } from './json';\n",
    // A schema that demands nothing is JSON of a vendor or a flow document.
    transform: (schema) => {
      if (isAnything(schema)) return json;
      return schema.type === 'array' && isAnything(schema.items) ? ts.factory.createArrayTypeNode(json) : undefined;
    },
  });
  return `// Generated from server/api/openapi.json by scripts/types.mjs. Do not edit.\n\n${astToString(nodes)}`;
}

export const committed = () => readFileSync(target, 'utf8');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(target, await generated());
}
