import { describe, expect, it } from 'vitest';
import type { Json } from '../shared/api/types';
import { removeNodes } from './edit';
import { refundFlow, TYPES } from './testing';
import { addTest, changeTest, expectationOf, freshName, outputsExpected, partsOf, removeTest, testsOf, withoutMessage, withParts } from './tests';

const one = { name: 'a', node: 'bill', input: {}, expect: { outputs: [] } };

describe('the tests of a flow', () => {
  it('are added, changed and taken out, and others stay where they are', () => {
    let doc = addTest(addTest({ ...refundFlow(), spec: { ...refundFlow().spec, tests: [5] } }, one), { ...one, name: 'b', node: 'other' });
    expect(testsOf(doc, 'bill')).toEqual([{ index: 1, test: one }]);
    doc = changeTest(doc, 1, { ...one, name: 'c' });
    expect(doc.spec.tests).toEqual([5, { ...one, name: 'c' }, { ...one, name: 'b', node: 'other' }]);
    doc = removeTest(removeTest(removeTest(doc, 0), 0), 0);
    expect('tests' in doc.spec).toBe(false);
  });
  it('have names of their own', () => {
    const doc = addTest(addTest(refundFlow(), one), { ...one, name: 'a 2' });
    expect([freshName(doc, 'a'), freshName(doc, 'b')]).toEqual(['a 3', 'b']);
  });
  it('go with their node', () => {
    const doc = addTest(addTest(refundFlow(), one), { ...one, node: 'k3' });
    expect(removeNodes(doc, new Set(['bill']), TYPES, false).spec.tests).toEqual([{ ...one, node: 'k3' }]);
    const without = refundFlow();
    expect('tests' in removeNodes(without, new Set(['bill']), TYPES, false).spec).toBe(false);
  });
  it('are written in parts, whatever is in them', () => {
    expect(withParts({ ...one, answers: [] }, { ...partsOf(one), rest: { vars: {}, node: 'x' } })).toEqual({ ...one, vars: {} });
    expect(partsOf({ name: 'a', input: [1] })).toEqual({ input: [1], expect: {}, rest: {} });
    const expected: Json[] = [{ outputs: [] }, { outputs: [{}, {}] }, { fault: {} }, 7];
    expect(expected.map((expect) => outputsExpected({ expect }))).toEqual([0, 2, 0, 0]);
  });
  it('take what came without its message', () => {
    expect(withoutMessage({ fault: { code: 'x', path: 'a', message: 'm' } })).toEqual({ fault: { code: 'x', path: 'a' } });
    expect(withoutMessage({ outputs: [{ body: 1 }], vars: { v: 1 } })).toEqual({ outputs: [{ body: 1 }], vars: { v: 1 } });
  });
  it('expect what came, faults by their code', () => {
    expect(expectationOf([{ port: 'out', body: { a: 1 } }, { port: 'other', body: {} }], undefined, 'out')).toEqual({ outputs: [{ body: { a: 1 } }, { port: 'other', body: {} }] });
    expect(expectationOf([], { code: 'x', path: '' }, 'out')).toEqual({ fault: { code: 'x' } });
    expect(expectationOf([], { code: 'x', path: 'a.b' }, 'out')).toEqual({ fault: { code: 'x', path: 'a.b' } });
  });
});
