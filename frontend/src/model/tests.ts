import type { CaseResult, Json } from '../shared/api/types';
import { type FlowDocument, isObject, type JsonObject, withSpec } from './document';

// The tests that a flow keeps in spec.tests: what a node gets and what must come of
// it. Entries that are no objects stay where they are.

export interface NodeTest {
  /** The place in spec.tests. */
  index: number;
  test: JsonObject;
}

const listOf = (doc: FlowDocument): Json[] => (Array.isArray(doc.spec.tests) ? doc.spec.tests : []);

export const testsOf = (doc: FlowDocument, node: string): NodeTest[] =>
  listOf(doc).flatMap((test, index) => (isObject(test) && test.node === node ? [{ index, test }] : []));

const withTests = (doc: FlowDocument, tests: Json[]): FlowDocument => {
  if (tests.length > 0) return withSpec(doc, { tests });
  const { tests: _, ...rest } = doc.spec;
  return { ...doc, spec: rest as FlowDocument['spec'] };
};

export const addTest = (doc: FlowDocument, test: JsonObject): FlowDocument => withTests(doc, [...listOf(doc), test]);
export const changeTest = (doc: FlowDocument, index: number, test: JsonObject): FlowDocument => withTests(doc, listOf(doc).with(index, test));
export const removeTest = (doc: FlowDocument, index: number): FlowDocument => withTests(doc, listOf(doc).toSpliced(index, 1));

/** The document without the tests of nodes that go. */
export function withoutTestsOf(doc: FlowDocument, nodes: ReadonlySet<string>): FlowDocument {
  const left = listOf(doc).filter((test) => !isObject(test) || typeof test.node !== 'string' || !nodes.has(test.node));
  return left.length === listOf(doc).length ? doc : withTests(doc, left);
}

/** A name that no other test has. */
export function freshName(doc: FlowDocument, wanted: string): string {
  const taken = new Set(listOf(doc).map((test) => (isObject(test) ? test.name : undefined)));
  let name = wanted;
  for (let no = 2; taken.has(name); no++) name = `${wanted} ${no}`;
  return name;
}

/** What came of a record, as a test expects it: messages change with the language, so the code alone. */
export function expectationOf(outputs: { port: string; body: Json }[], fault: { code: string; path?: string } | undefined, defaultPort: string): JsonObject {
  if (fault !== undefined) return { fault: fault.path === undefined || fault.path === '' ? { code: fault.code } : { code: fault.code, path: fault.path } };
  return { outputs: outputs.map(({ port, body }): JsonObject => (port === '' || port === defaultPort ? { body } : { port, body })) };
}

/** What came of a record, without the message: as expectationOf has it. */
export function withoutMessage(got: CaseResult['got'] & object): JsonObject {
  if (got.fault === undefined) return got as unknown as JsonObject;
  return expectationOf([], got.fault, '');
}

/** How many documents a test expects. */
export const outputsExpected = ({ expect }: JsonObject): number => (isObject(expect) && Array.isArray(expect.outputs) ? expect.outputs.length : 0);

/** A test as it is written down: the record, what is expected, and whatever else it has. */
export interface TestParts {
  input: Json;
  expect: Json;
  rest: JsonObject;
}

export function partsOf(test: JsonObject): TestParts {
  const { name: _name, node: _node, input = {}, expect = {}, ...rest } = test;
  return { input, expect, rest };
}

export const withParts = (test: JsonObject, { input, expect, rest }: TestParts): JsonObject => {
  const { name = '', node = '' } = test;
  return { ...partsOf(rest).rest, name, node, input, expect };
};
