import type { Setting } from '~/shared/api/types';
import { nodePage } from '~/shared/ui/nodePage';

/** The section of the reference that tells how settings of a kind are written. */
const SECTIONS: Record<string, string> = {
  value: 'language#placeholders', mapping: 'language#arrays', conditions: 'language#conditions', params: 'language#system', script: nodePage('script'), codeTable: 'language#tables',
};

export const helpFor = ({ kind }: Setting): string | undefined => SECTIONS[kind];
