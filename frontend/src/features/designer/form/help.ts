import type { Setting } from '~/shared/api/types';

/** The page of a node type in the reference. */
export const pageOf = (type: string): string => `node-${type}`;

/** Whether a node type has one: those that plugins bring ("plugin/node") have none. */
export const hasPage = (type: string): boolean => !type.includes('/');

/** The section of the reference that tells how settings of a kind are written. */
const SECTIONS: Record<string, string> = {
  value: 'language#placeholders', mapping: 'language#arrays', conditions: 'language#conditions', params: 'language#system', script: pageOf('script'), codeTable: 'language#tables',
};

export const helpFor = ({ kind }: Setting): string | undefined => SECTIONS[kind];
