import { describe, expect, it } from 'vitest';
import { CRON_PRESETS, splitCron, withCronField } from './cron';
import { asJson, type FlowDocument, readDocument } from './document';
import { addParam, addTrigger, flowSettings, paramsOf, removeParam, removeTrigger, setAfter, setFlowSetting, setParam, setSchedule, timezoneOf, triggerKind, triggersOf, waitsFor } from './flowSettings';
import { isFlowPath } from './problems';

const OTHERS = [{ id: 'id-1', name: 'daily-banks', title: 'Banks' }, { id: 'id-2', name: '1 odd', title: 'Odd' }];

const flow = (spec: object = {}): FlowDocument =>
  readDocument({
    metadata: { title: 'x' },
    spec: {
      settings: { priority: 'low', later: 1 }, triggers: [{ schedule: '0 2 * * *', note: 'n' }, { webhook: '/x' }, 'odd'], params: [{ key: 'orgCode', describe: 'd', default: '100' }],
      unheard: true, nodes: [], edges: [], ...spec,
    },
  } as never);

describe('settings', () => {
  it('are set beside what is not known', () => {
    const doc = setFlowSetting(flow(), 'timezone', 'Europe/Berlin');
    expect(flowSettings(doc)).toEqual({ priority: 'low', later: 1, timezone: 'Europe/Berlin' });
    expect(timezoneOf(doc)).toBe('Europe/Berlin');
    expect(timezoneOf(flow())).toBe('Asia/Shanghai');
    expect(doc.spec.unheard).toBe(true);
  });
  it('are the same document when nothing changed', () => {
    const doc = flow();
    expect(setFlowSetting(doc, 'priority', 'low')).toBe(doc);
    expect(setSchedule(doc, 0, '0 2 * * *')).toBe(doc);
    expect(setSchedule(doc, 2, 'x')).toBe(doc);
    expect(setParam(doc, 0, 'key', 'orgCode')).toBe(doc);
  });
});

describe('triggers', () => {
  it('are told apart', () => {
    expect([{ schedule: 'x' }, { after: [] }, { manual: true }, { webhook: 1 }, 'odd', { manual: false }].map((one) => triggerKind(one as never))).toEqual(['schedule', 'after', 'manual', undefined, undefined, undefined]);
  });
  it('change one by one, unknown ones stay', () => {
    let doc = setSchedule(flow(), 0, '*/5 * * * *');
    doc = addTrigger(doc, 'manual');
    doc = addTrigger(doc, 'schedule');
    expect(triggersOf(doc)).toEqual([{ schedule: '*/5 * * * *', note: 'n' }, { webhook: '/x' }, 'odd', { manual: true }, { schedule: '*/10 * * * *' }]);
    expect(triggersOf(removeTrigger(doc, 1))).toEqual([{ schedule: '*/5 * * * *', note: 'n' }, 'odd', { manual: true }, { schedule: '*/10 * * * *' }]);
  });
  it('leave no empty list behind', () => {
    const doc = removeTrigger(readDocument({ spec: { triggers: [{ manual: true }] } }), 0);
    expect(JSON.parse(JSON.stringify(asJson(doc)))).toEqual({ spec: { nodes: [], edges: [] } });
  });
  it('name other flows by an alias each', () => {
    let doc = addTrigger(flow({ triggers: [] }), 'after');
    doc = setAfter(doc, 0, ['id-1', 'id-2', 'id-3'], OTHERS);
    expect(triggersOf(doc)).toEqual([{ after: ['daily_banks', 'odd', 'flow'] }]);
    expect(doc.spec.uses).toEqual({ daily_banks: { flow: 'id-1', title: 'Banks' }, odd: { flow: 'id-2', title: 'Odd' }, flow: { flow: 'id-3' } });
    expect(waitsFor(doc, triggersOf(doc)[0])[0]).toEqual({ alias: 'daily_banks', flow: 'id-1' });
    expect(setAfter(doc, 0, ['id-2'], OTHERS).spec.uses).toEqual({ odd: { flow: 'id-2', title: 'Odd' } });
  });
  it('keep an alias that a text still mentions', () => {
    const doc = flow({ triggers: [{ after: ['banks'] }], uses: { banks: { flow: 'id-1' } }, nodes: [{ id: 'm', type: 'map', settings: { fields: [{ field: 'a', value: '_findCollection find b from banks' }] } }] });
    expect(removeTrigger(doc, 0).spec.uses).toEqual({ banks: { flow: 'id-1' } });
    expect(removeTrigger({ ...doc, spec: { ...doc.spec, nodes: [] } }, 0).spec.uses).toBeUndefined();
  });
  it('use an alias that is there, also one of a template that is bound to nothing', () => {
    const doc = flow({ triggers: [{ after: ['open'] }], uses: { open: { title: 'later' }, b: { flow: 'id-1' } } });
    const next = setAfter(doc, 0, ['open', 'id-1'], OTHERS);
    expect(triggersOf(next)).toEqual([{ after: ['open', 'b'] }]);
    expect(next.spec.uses).toEqual(doc.spec.uses);
  });
  it('never take the alias of another flow', () => {
    const doc = setAfter(flow({ triggers: [{ after: [] }], uses: { daily_banks: { flow: 'id-9' } } }), 0, ['id-1'], OTHERS);
    expect(triggersOf(doc)).toEqual([{ after: ['daily_banks_2'] }]);
  });
});

describe('parameters', () => {
  it('come, change and go', () => {
    let doc = setParam(addParam(flow()), 1, 'key', 'stockCode');
    doc = setParam(doc, 1, 'title', 'Stock');
    doc = setParam(doc, 1, 'default', '1');
    expect(paramsOf(doc)).toEqual([{ key: 'orgCode', describe: 'd', default: '100' }, { key: 'stockCode', type: 'string', title: 'Stock', default: '1' }]);
    expect(paramsOf(setParam(doc, 1, 'title', ''))[1]).toEqual({ key: 'stockCode', type: 'string', default: '1' });
    expect(paramsOf(removeParam(doc, 0))).toHaveLength(1);
  });
  it('lose a default that a new type cannot have', () => {
    const doc = setParam(flow(), 0, 'type', 'bool');
    expect(paramsOf(doc)[0]).toEqual({ key: 'orgCode', describe: 'd', type: 'bool' });
    expect(paramsOf(setParam(setParam(doc, 0, 'default', true), 0, 'type', 'string'))[0]).toEqual({ key: 'orgCode', describe: 'd', type: 'string' });
  });
});

describe('problems', () => {
  it('of the flow as a whole are told from those of nodes', () => {
    expect(['spec.triggers[0].schedule', 'spec.params[1].key', 'metadata.title', 'spec.settings.timezone', 'spec.uses.a.flow'].every(isFlowPath)).toBe(true);
    expect(['spec.nodes', 'spec.nodes[0].settings.key', 'spec.edges[1]', undefined, ''].some(isFlowPath)).toBe(false);
  });
});

describe('schedules', () => {
  it('are split into five fields, tags are not', () => {
    expect(splitCron('*/10 * * * 1-5')).toEqual(['*/10', '*', '*', '*', '1-5']);
    for (const odd of ['@hourly', '* * * *', '', '* * * * * *']) expect(splitCron(odd)).toBeUndefined();
    for (const preset of CRON_PRESETS) expect(splitCron(preset)).toHaveLength(5);
  });
  it('take a field, or a whole expression into any field', () => {
    const fields = ['0', '2', '*', '*', '*'];
    expect(withCronField(fields, 1, ' 3 ')).toBe('0 3 * * *');
    expect(withCronField(fields, 1, ' 15  4 * * 1 ')).toBe('15 4 * * 1');
    expect(withCronField(fields, 0, '@daily')).toBe('@daily');
    expect(withCronField(fields, 2, '')).toBe('0 2  * *');
    expect(splitCron('0 2  * *')).toEqual(['0', '2', '', '*', '*']);
  });
});
